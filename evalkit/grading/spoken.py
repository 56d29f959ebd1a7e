"""What of a response is meant: not thinking, not what was taken back, not what follows.

Whatever is left out is blanked, so that every place is where it was. All searches take
time linear in the text.
"""

import re
from collections import deque

from evalkit.thinking.glance import may_think

TAIL = 50_000
"""A final answer is looked for in so many characters at the end."""
RETRACTION = re.compile(
    r"(?:^|[.!?)*。]\s|[。\n])[\s*_(]{0,6}(?:(?:hmm|oh|no|but)[,.]{0,3} )?(?:"
    r"(?:wait|hold on|correction|scratch that|on second thoughts?|actually|sorry|oops"
    r"|i made an? (?:mistake|error))\b\s{0,2}[,:.!—–-]"
    r"|(?:however, )?(?:that|this)(?:'s| is| was) "
    r"(?:wrong|incorrect|not (?:right|correct))"
    r"|let me reconsider\b|hmm, but\b|等等)",
    re.IGNORECASE,
)
"""What is stated before it is no longer meant, if anything else is said instead."""
TELLING = (
    *("wait", "hold on", "correction", "scratch that", "second thought", "actually"),
    *("sorry", "oops", "mistake", "an error", "wrong", "incorrect", "not right"),
    *("not correct", "reconsider", "hmm, but", "等等"),
)
"""Without any of these, nothing is taken back; looking for them costs little."""
TAKEN_BACK = re.compile(
    r"\d|\b(?:wrong|mistakes?|incorrect|error|not (?:right|correct))\b|错|\b[A-J]\b"
    r"|(?:seven|zero|one|two|three|four|five|six|eight|nine|ten|eleven|twelve)\b",
    re.IGNORECASE,
)
NEXT = re.compile(
    r"\n[#*\s]{0,8}(?:(?:question|problem|exercise|human|user|instruction|q)\b"
    r"\s{0,2}\d{0,3}\s{0,2}[:.：]|(?:问题|题目)\s{0,2}\d{0,3}\s{0,2}[:：])",
    re.IGNORECASE,
)
"""Where a model goes on with a question that nobody asked."""
TURN = re.compile(r"<\|[a-z_]{2,20}\|>|</s>|\[/?INST\]|<(?:end|start)_of_turn>")
FENCE = re.compile(r"^[ \t]{0,3}```[^\n`]{0,40}$", re.MULTILINE)


def meant(response: str) -> str:
    """The response without thinking, turns of others, and what was taken back."""
    spoken = without_thinking(response)
    turn = TURN.search(spoken, len(spoken) - len(spoken.lstrip()))
    if turn is not None and spoken[: turn.start()].strip():
        spoken = spoken[: turn.start()] + " " * (len(spoken) - turn.start())
    return since_retraction(spoken)


def goes_on(spoken: str) -> bool:
    """Whether another question stands anywhere in a response."""
    return NEXT.search(spoken) is not None


def before_next(spoken: str, place: int) -> str:
    """What is said up to the next question behind a place."""
    following = NEXT.search(spoken, place)
    if following is None:
        return spoken
    return spoken[: following.start()] + " " * (len(spoken) - following.start())


def since_retraction(spoken: str) -> str:
    """The response with all that was taken back blanked out."""
    lowered = spoken.lower()
    if not any(each in lowered for each in TELLING):
        return spoken
    start = max(0, len(spoken) - TAIL)
    last = deque(RETRACTION.finditer(spoken, start), maxlen=1)
    if not last or not TAKEN_BACK.search(spoken, last[0].start()):
        return spoken
    return " " * last[0].end() + spoken[last[0].end() :]


def without_thinking(response: str) -> str:
    """The response with its thinking blanked out.

    Thinking that never closes leaves nothing: the model was not done.
    """
    if not may_think(response):
        return response
    from evalkit.thinking.parting import known_thinking

    kept: list[str] = []
    place = 0
    for span in known_thinking().found(response).spans:
        kept += response[place : span.start], " " * (span.end - span.start)
        place = span.end
    return "".join((*kept, response[place:]))


def ends_in_code(spoken: str) -> bool:
    """Whether a response stops at a program whose output never came."""
    fences = [match[0].strip() for match in deque(FENCE.finditer(spoken), maxlen=2)]
    if not fences:
        return False
    if fences[-1] != "```":
        return not fences[-1].startswith("```json")
    before = "```code" if len(fences) == 1 else fences[0].lower()
    code = before != "```" and not before.startswith(
        ("```output", "```text", "```result", "```json", "```latex")
    )
    return code and spoken.rstrip().endswith("```")


def without_code(spoken: str) -> str:
    """The response with fenced blocks blanked out."""
    fences = list(FENCE.finditer(spoken))
    tagged = [match[0].strip() != "```" for match in fences]
    parts: list[str] = []
    # A response may begin within a block that was opened before it.
    place, inside = 0, tagged[:2] == [False, True]
    for match, opens in zip(fences, tagged, strict=True):
        before = spoken[place : match.start()]
        parts.append(blank(before) if inside else before)
        parts.append(" " * len(match[0]))
        place, inside = match.end(), opens or not inside
    return "".join((*parts, blank(spoken[place:]) if inside else spoken[place:]))


def blank(text: str) -> str:
    """Spaces and line ends in place of a text."""
    return "\n".join(" " * len(line) for line in text.split("\n"))
