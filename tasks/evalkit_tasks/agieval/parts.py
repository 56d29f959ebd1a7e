"""The parts of AGIEval that have choices: where each comes from, what is told of it."""

from dataclasses import dataclass

from evalkit import DatasetRef, Frame

UNPINNED = "main"
# Matches data/test-00000-of-00001.parquet, test.jsonl, and no file that a download
# leaves beside either.
FILES = "**/test*[lt]"


def dataset(name: str, revision: str, columns: tuple[str, ...]) -> DatasetRef:
    """The dataset of a part."""
    return DatasetRef(
        id=f"hails/agieval-{name.replace('_', '-')}",
        revision=revision,
        files={"test": FILES},
        columns=columns,
    )


def one_line(listed: str) -> Frame:
    """A frame with the choices in one line; they bring their letters."""
    return Frame(question=listed, listed=listed, option="{choice}", between=" ")


ENGLISH_FRAME = one_line(
    "{question} Answer Choices: {options}\nA: Among A through {last}, the answer is"
)
ENGLISH_MARK, CHINESE_MARK = "Q: ", "问题："
"""Behind a passage, where there is one, stands the question with this before it."""
CHINESE_FRAME = one_line("{question} 选项：{options}\n答案：从A到{last}, 我们应选择")

AVERAGE = (
    "Published for the English parts together, with three to five worked examples: "
    "Llama 2 13B 39.1, 70B 54.2 percent (Touvron et al., arXiv 2307.09288, table 3)."
)


def hermes(acc: str, acc_norm: str) -> str:
    """What the card of OpenHermes-2-Mistral-7B says of a part."""
    return (
        f"Published, without worked examples: OpenHermes-2-Mistral-7B {acc} percent by "
        f"`rank`, {acc_norm} by `rank_chars` (its model card)."
    )


@dataclass(frozen=True, kw_only=True)
class Correction:
    """The right choices of a row, some or all of which the dataset has lost."""

    number: int
    sha256: str
    """How the digest of the row's query begins."""
    left: str
    """The letters that the dataset still has."""
    letters: str


# From data/v1/gaokao-mathqa.jsonl of https://github.com/ruixiangcui/AGIEval at commit
# 5c77d073fda993f1652eaae3cf5d04cc5fd21d40.
MATHQA = (
    Correction(number=148, sha256="84eb2f07130d", left="", letters="AD"),
    Correction(number=149, sha256="d4262cad3cca", left="", letters="ACD"),
    Correction(number=245, sha256="9febd47b9d9e", left="", letters="ABD"),
    Correction(number=246, sha256="889a10f324bf", left="", letters="AC"),
    Correction(number=247, sha256="d49ad8e6e8e8", left="", letters="BCD"),
    Correction(number=285, sha256="e3619b2b9a7a", left="C", letters="CD"),
    Correction(number=286, sha256="eac346909354", left="", letters="AC"),
)


@dataclass(frozen=True, kw_only=True)
class Part:
    """What tells a part from the others."""

    name: str
    """That of its task, without "agieval_"."""
    rows: int
    about: str
    """What its questions are, for the first line of the docstring."""
    frame: Frame = CHINESE_FRAME
    revision: str = UNPINNED
    license: str = "MIT"
    all_of_them: bool = False
    """Whether several choices can be right."""
    corrections: tuple[Correction, ...] = ()
    damaged: int = 0
    """Questions with broken characters."""
    note: str = ""
    published: str = AVERAGE

    @property
    def mark(self) -> str:
        """What stands between a passage and the question."""
        return ENGLISH_MARK if self.frame == ENGLISH_FRAME else CHINESE_MARK


def mislabelled(rows: int) -> str:
    """What is told of a part where choices bear the letters of others."""
    return (
        f"In {rows} rows choices bear letters that do not fit their places. The place "
        "counts, as it does in lm-evaluation-harness, and a letter that is answered "
        "stands for a place; which of the two was meant the dataset does not tell."
    )


LOGIQA = "CC BY-NC-SA 4.0"
JEC_QA = "for academic use only"
GAOKAO = "questions of the Chinese college entrance exam"
LSAT = "questions of the law school admission test"
PARTS = (
    Part(
        name="aqua_rat",
        rows=254,
        about="algebraic word problems",
        frame=ENGLISH_FRAME,
        license="Apache-2.0",
        published=hermes("23.23", "23.62"),
    ),
    Part(name="gaokao_biology", rows=210, about=f"biology {GAOKAO}"),
    Part(name="gaokao_chemistry", rows=207, about=f"chemistry {GAOKAO}"),
    Part(name="gaokao_chinese", rows=246, about=f"Chinese {GAOKAO}"),
    Part(
        name="gaokao_english",
        rows=306,
        about=f"English {GAOKAO}",
        frame=ENGLISH_FRAME,
        revision="329cd190757896ac3051a0eb6e59ecfef1a81401",
        published="Published: GPT-4 92.5 percent (AGIEval's abstract).",
    ),
    Part(
        name="gaokao_geography",
        rows=199,
        about=f"geography {GAOKAO}",
        revision="6f583bbd010f36cb1168bd9d2389d8d82f9dabbc",
    ),
    Part(
        name="gaokao_history",
        rows=235,
        about=f"history {GAOKAO}",
        revision="08076c99852edac2d047fbf1fdeb5c94606c5091",
        note=mislabelled(3),
    ),
    Part(
        name="gaokao_mathqa",
        rows=351,
        about=f"mathematics {GAOKAO}",
        revision="298df471c720dcd6c700b15db21a033999f92ed5",
        all_of_them=True,
        corrections=MATHQA,
        note=(
            "Rows 148, 149, 245, 246, 247 and 286, which have several right choices, "
            "lost them on their way into this dataset, and row 285 lost one of two. "
            "They are put back from AGIEval's own data."
        ),
    ),
    Part(name="gaokao_physics", rows=200, about=f"physics {GAOKAO}", all_of_them=True),
    Part(
        name="jec_qa_ca",
        rows=1000,
        about="case analyses of the Chinese judicial exam",
        revision="1e52b6b8188f1e94782ccbda673997aaeae80587",
        license=JEC_QA,
        all_of_them=True,
    ),
    Part(
        name="jec_qa_kd",
        rows=1000,
        about="questions of legal knowledge of the Chinese judicial exam",
        license=JEC_QA,
        all_of_them=True,
        note=(
            "Row 211 has no right choice, nor has it in AGIEval's own data: it is "
            "asked and counted, and no answer to it is right."
        ),
    ),
    Part(
        name="logiqa_en",
        rows=651,
        about="logic questions of the Chinese civil service exam, translated",
        frame=ENGLISH_FRAME,
        revision="e01aa0f040456cd8d58ee9986a58b64e26c1b782",
        license=LOGIQA,
        note=mislabelled(19),
        published=hermes("34.72", "36.10"),
    ),
    Part(
        name="logiqa_zh",
        rows=651,
        about="logic questions of the Chinese civil service exam",
        revision="e85baf7de058eba84623ebb2b6266cf77691df62",
        license=LOGIQA,
        note=mislabelled(19),
    ),
    Part(
        name="lsat_ar",
        rows=230,
        about=f"analytical reasoning {LSAT}",
        frame=ENGLISH_FRAME,
        revision="052cc636b612f5563329dd182fb6c2cad56681c8",
        published=hermes("24.35", "25.65"),
    ),
    Part(
        name="lsat_lr",
        rows=510,
        about=f"logical reasoning {LSAT}",
        frame=ENGLISH_FRAME,
        revision="d876c675a8d47aa4d8a6d682ca8400b7d2ffe1c4",
        published=hermes("44.51", "43.53"),
    ),
    Part(
        name="lsat_rc",
        rows=269,
        about=f"reading comprehension {LSAT}",
        frame=ENGLISH_FRAME,
        revision="432868ea4fa7b50db66d14524d42472dd052b53c",
        published=hermes("57.25", "48.70"),
    ),
    Part(
        name="sat_en",
        rows=206,
        about="reading questions of the SAT",
        frame=ENGLISH_FRAME,
        revision="848ee12cf003124f5a1e33446fa3cc6d2ec028e4",
        damaged=1,
        published=hermes("72.82", "69.90"),
    ),
    Part(
        name="sat_en_without_passage",
        rows=206,
        about="reading questions of the SAT, asked without their passage",
        frame=ENGLISH_FRAME,
        revision="e65a391e64e60a00223fde8e827e2df76a9895ed",
        damaged=1,
        published=hermes("45.15", "38.83"),
    ),
    Part(
        name="sat_math",
        rows=220,
        about="mathematics questions of the SAT",
        frame=ENGLISH_FRAME,
        revision="51ab661f5a2e48370671c87c29d037b5b2b4853e",
        published=f"{hermes('35.00', '31.82')} GPT-4 95 percent (AGIEval's abstract).",
    ),
)
