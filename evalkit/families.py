"""Ways of being asked that families of models were trained on.

Each is a protocol for any task that takes a free answer. A model's card names the
text that it expects around a question; that text is an interface, and is kept to the
letter. Stop strings are those of the authors' published evaluation or, where it has
none, what would begin the next turn. One that holds a shorter one is left out, since
the shorter ends the answer.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evalkit.hookspecs import hookimpl
from evalkit.places import check_places, filled
from evalkit.protocol import Chat, Conversation, Protocol, ask
from evalkit.types import Sample, Sampling


@dataclass(frozen=True, kw_only=True)
class Template(Protocol):
    """A fixed text around the question. A task's worked examples are not used."""

    text: str
    """The prompt; ``{question}`` stands for the sample's question."""
    card: str = ""
    """Where the text comes from: a model card, or the authors' repository."""
    family: str = ""
    """A regular expression found in the names of the models meant, in upper or lower
    case; empty for no family."""

    def __post_init__(self) -> None:
        who = f"protocol {self.name!r}: text"
        check_places(who, self.text, ("question",), needed=("question",))

    @property
    def shows_examples(self) -> bool:
        return False

    def converse(self, sample: Sample, exemplars: Sequence[Sample]) -> Conversation:
        prompt = filled(self.text, {"question": sample.question})
        return (yield from ask(prompt, self.sampling))


def family_of(model: str, protocols: Iterable[Protocol]) -> Template | None:
    """The first of the protocols whose family a model's name belongs to."""
    for each in protocols:
        if not isinstance(each, Template) or not each.family:
            continue
        if re.search(each.family, model, re.IGNORECASE):
            return each
    return None


ALPACA = (
    "Below is an instruction that describes a task. "
    "Write a response that appropriately completes the request.\n\n"
    "### Instruction:\n{question}\n\n### Response:"
)

# A family's name must begin a part of the path: merges and finetunes that carry it
# further back were often trained on another text.

# The card shows two blank lines where its "inference prompt" and its scripts have one.
WIZARDMATH = Template(
    name="wizardmath",
    text=f"{ALPACA} Let's think step by step.",
    card="https://github.com/nlpxucan/WizardLM/tree/main/WizardMath",
    family=r"(^|[/\\])WizardMath",
    sampling=Sampling(max_tokens=2048, stop=("Instruction", "Response")),
)

# The card has no prompt, the repository's evaluation/inference.py does. It stops at
# nothing, and marks only what was written before the word "Question".
ABEL = Template(
    name="abel",
    text="Question:\n{question}\nAnswer:\nLet's think step by step.\n",
    card="https://github.com/GAIR-NLP/abel",
    family=r"(^|[/\\])(GAIRMath-Abel|Abel-\d+B)",
    sampling=Sampling(max_tokens=2048, stop=("Question",)),
)

METAMATH = Template(
    name="metamath",
    text=f"{ALPACA} Let's think step by step.",
    card="https://github.com/meta-math/MetaMath",
    family=r"(^|[/\\])MetaMath-(Mistral-|Llemma-)?\d+B",
    sampling=Sampling(
        max_tokens=2048,
        stop=("Question", "USER", "ASSISTANT", "Instruction", "Response"),
    ),
)

# MAmmoTH2 was trained on another text. The card's other form asks for a program, which
# would have to be run.
MAMMOTH_COT = Template(
    name="mammoth_cot",
    text=ALPACA,
    card="https://huggingface.co/TIGER-Lab/MAmmoTH-7B",
    family=r"(^|[/\\])MAmmoTH-(Coder-)?\d+B",
    sampling=Sampling(
        max_tokens=1024,
        stop=("Question", "USER", "ASSISTANT", "Instruction", "Response"),
    ),
)

# Versions 3.1, 3.2 and 3.6, and those made from Gemma, have other texts. What follows
# the end of a turn stops too, since engines may not write special tokens.
OPENCHAT = Template(
    name="openchat",
    text="GPT4 Correct User: {question}<|end_of_turn|>GPT4 Correct Assistant:",
    card="https://huggingface.co/openchat/openchat_3.5",
    family=r"(^|[/\\])openchat[-_]3\.5(?!.*gemma)",
    sampling=Sampling(max_tokens=2048, stop=("<|end_of_turn|>", "GPT4 Correct User:")),
)

# FreeWilly2 was renamed StableBeluga2, in its card's text too. The card's code has a
# space after "### User:" where the form that it says should be used has a new line.
FREEWILLY = Template(
    name="freewilly",
    text=(
        "### System:\nYou are Stable Beluga, an AI that follows instructions extremely "
        "well. Help as much as you can. Remember, be safe, and don't do anything "
        "illegal.\n\n### User:\n{question}\n\n### Assistant:\n"
    ),
    card="https://huggingface.co/stabilityai/StableBeluga2",
    family=r"(^|[/\\])(FreeWilly|StableBeluga)-?\d",
    sampling=Sampling(max_tokens=2048, stop=("### User:", "### System:")),
)

WORKED = r"""Problem:
One root of $6x^2 - 35x + c = 0$ is four times the other. Find $c$.

Solution:
Let the roots be $r$ and $4r$. Their sum is $5r = \frac{35}{6}$, so $r = \frac{7}{6}$. Their product is $4r^2 = \frac{c}{6}$, so
\[c = 24r^2 = 24 \cdot \frac{49}{36} = \boxed{\frac{98}{3}}.\]
Final Answer: The final answer is $\frac{98}{3}$. I hope it is correct.

Problem:
How many positive divisors of $2^5 \cdot 3^4 \cdot 7^3$ are multiples of $84$?

Solution:
Since $84 = 2^2 \cdot 3 \cdot 7$, such a divisor is $2^a 3^b 7^c$ with $2 \le a \le 5$, $1 \le b \le 4$ and $1 \le c \le 3$. That leaves $4$ choices for $a$, $4$ for $b$ and $3$ for $c$, which makes $4 \cdot 4 \cdot 3 = \boxed{48}$ divisors.
Final Answer: The final answer is $48$. I hope it is correct.

Problem:
A drawer holds 5 red, 4 green and 3 yellow pencils. Three pencils are taken out at random, without putting any back. What is the probability that exactly two of them have the same color?

Solution:
There are $\binom{12}{3} = 220$ ways to take three pencils. In $5 \cdot 4 \cdot 3 = 60$ of them the colors are all different, and in $\binom{5}{3} + \binom{4}{3} + \binom{3}{3} = 10 + 4 + 1 = 15$ they are all the same. In the other $220 - 60 - 15 = 145$ exactly two pencils match, so the probability is $\frac{145}{220} = \boxed{\frac{29}{44}}$.
Final Answer: The final answer is $\frac{29}{44}$. I hope it is correct.

Problem:
In trapezoid $ABCD$ the sides $AB$ and $CD$ are parallel, $AB = 29$, $BC = 17$, $CD = 8$ and $DA = 10$. Find the area of the trapezoid.

Solution:
The line through $C$ parallel to $DA$ meets $AB$ at a point $E$ with $AE = CD = 8$ and $CE = DA = 10$, so $EB = 29 - 8 = 21$. Triangle $EBC$ has sides $10$, $17$ and $21$ and semiperimeter $24$, so its area is $\sqrt{24 \cdot 14 \cdot 7 \cdot 3} = 84$. Its height from $C$ is $\frac{2 \cdot 84}{21} = 8$, which is the trapezoid's height too. The area is $\frac{29 + 8}{2} \cdot 8 = \boxed{148}$.
Final Answer: The final answer is $148$. I hope it is correct."""  # noqa: E501
"""Four examples of evalkit's own, in algebra, number theory, probability and geometry.

Minerva's examples, which Llemma was asked with, are of the same form.
"""

# A task's own worked examples would lack this form and its closing sentence, at whose
# end Llemma's evaluation stops. The instruction-tuned Llemma has another text.
LLEMMA_FEWSHOT = Template(
    name="llemma_fewshot",
    text=f"{WORKED}\n\nProblem:\n{{question}}\n\nSolution:",
    card="https://huggingface.co/EleutherAI/llemma_7b",
    family=r"(^|[/\\])llemma_\d+b(?!_muinstruct)",
    sampling=Sampling(max_tokens=1024, stop=("I hope it is correct.", "Problem:")),
)

FAMILIES = (
    WIZARDMATH,
    ABEL,
    METAMATH,
    MAMMOTH_COT,
    OPENCHAT,
    FREEWILLY,
    LLEMMA_FEWSHOT,
)

DIRECT = Template(
    name="direct",
    text=(
        "Question: {question}\n"
        "Give the final answer at once, without any reasoning.\n"
        "Answer:"
    ),
    sampling=Sampling(max_tokens=64, stop=("Question:",)),
)


@hookimpl
def evalkit_protocols() -> Iterable[Protocol]:
    """The families' protocols, and two that suit any model."""
    return (*FAMILIES, Chat(), DIRECT)
