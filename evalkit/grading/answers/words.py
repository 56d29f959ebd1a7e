"""Short texts as answers: tidying them, and the numbers that they spell out."""

import re
from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType

UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen "
    "fourteen fifteen sixteen seventeen eighteen nineteen"
)
TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
NUMBERS = MappingProxyType(
    {each: place for place, each in enumerate(UNITS.split())}
    | {each: 10 * place for place, each in enumerate(TENS.split(), start=2)}
)
SCALES = MappingProxyType({"hundred": 100, "thousand": 10**3, "million": 10**6})
PARTS = MappingProxyType(
    {"half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4}
    | {"fourth": 4, "fourths": 4, "fifth": 5, "fifths": 5, "sixth": 6, "sixths": 6}
    | {"eighth": 8, "eighths": 8, "tenth": 10, "tenths": 10, "seventh": 7}
    | {"sevenths": 7, "ninth": 9, "ninths": 9, "hundredth": 100, "hundredths": 100}
    | {"thousandth": 1000, "thousandths": 1000}
)
SPELLED = "|".join((*NUMBERS, *SCALES))
SPELLED_NUMBER = re.compile(
    rf"\b(?:{SPELLED})(?:(?:[ -]|\sand\s|-)(?:{SPELLED}))*\b"
    rf"(?:[ -](?:{'|'.join(PARTS)})\b)?",
    re.IGNORECASE,
)
TELLING = re.compile(r" out of |\bhalf\b|\bminus\b|\bnegative\b", re.IGNORECASE)
MINUS = re.compile(r"\b(?:minus|negative)\s(?=\d)", re.IGNORECASE)
OUT_OF = re.compile(
    r"(?<![\d.,])(\d{1,9}) (?:out of|in every) (?:every )?(\d{1,9})(?!\d|[.,]\d)"
)
HEDGES = re.compile(
    r"^(?:(?:approximately|approx\.?|about|around|roughly|exactly|only|just|equals?|is"
    r"|are|equal to|a total of)\s+)+",
    re.IGNORECASE,
)
CONNECTIVES = re.compile(
    r"^(?:(?:so|thus|hence|therefore|then|also|donc|and so)[,:]?\s+|[∴]\s?|所以|因此)+",
    re.IGNORECASE,
)
NOTES = re.compile(r"minus|negative|base|\)\s?_|[xX]\s?10\^", re.IGNORECASE)
MINUS_TEXT = re.compile(
    r"^(?:\\text\s?\{\s?)?(?:minus|negative)\s?\}?\s?(?=[\d\\])", re.IGNORECASE
)
BASED = re.compile(r"\((\d{1,60})\)\s?_")
IN_BASE = re.compile(
    r"(\d{1,60})\s?(?:\\text\s?\{)?\s?\(?(?:in )?base[- ](\w{1,9})\)?\}?"
)
TEN = re.compile(r"(\d)\s?[xX]\s?10\^")
QUANTIFIED = re.compile(r",?\s*\\text\s?\{\s?for (?:all|any|every|some)\b[^{}]*\}.*$")
TAGS = re.compile(r"</?[a-z]{1,6}>")
UNESCAPED = re.compile(r"(?<!\\)\$")
PRICE = re.compile(r"(?<!\\)\$(?=\s?[\d.])")
FILLER = frozenset(
    [
        "a",
        "an",
        "the",
        "on",
        "in",
        "at",
        "is",
        "are",
        "it",
        "its",
        "to",
        "of",
        "by",
        "be",
        "was",
        "that",
        "this",
        "answer",
        "option",
        "there",
    ]
)
LETTERS = re.compile(r"[^\W\d_]+|\d+(?:\.\d+)?", re.UNICODE)
SYNONYMS = MappingProxyType(
    {"true": "yes", "false": "no", "none": "nothing", "dne": "undefined"}
    | {"correct": "yes", "incorrect": "no"}
)
UNDEFINED = ("does not exist", "doesn t exist", "not defined")
UNSOLVABLE = ("no solutions", "no real solution", "no real solutions", "empty set")
PHRASES: Mapping[str, str] = MappingProxyType(
    {
        **{each: "undefined" for each in UNDEFINED},
        **{each: "no solution" for each in UNSOLVABLE},
    }
)


def tidy(text: str) -> str:
    """An answer without the marks that stand around it and mean nothing."""
    text = text.strip().replace('\\"', "").strip('*_`"“” \n')
    dollars = len(UNESCAPED.findall(text))
    if dollars and (dollars % 2 or len(PRICE.findall(text)) == dollars):
        text = priced(text)
    text = HEDGES.sub("", CONNECTIVES.sub("", text))
    if "for " in text:
        text = QUANTIFIED.sub("", text)
    if "</" in text:
        text = TAGS.sub("", text)
    if NOTES.search(text):
        text = IN_BASE.sub(r"\1_{\2}", BASED.sub(r"\1_", MINUS_TEXT.sub("-", text)))
        text = TEN.sub(r"\1*10^", text)
    while text.endswith("\\") and not text.endswith("\\\\"):
        text = text[:-1].rstrip()
    return text.replace("**", "^") if is_power(text) else text


def is_power(text: str) -> bool:
    """Whether two asterisks are Python's power and not bold print."""
    return re.search(r"[\w)]\*\*[\w(-]", text) is not None


def priced(text: str) -> str:
    """Signs of money told from the signs that open mathematics."""
    if UNESCAPED.search(text.rstrip()[-1:]) and len(UNESCAPED.findall(text)) == 1:
        return "\\$" + text.rstrip()[:-1]
    return PRICE.sub(r"\\$", text)


def spelled(text: str) -> str:
    """A text with numbers in words written in digits: "forty-two" is "42"."""
    if not (SPELLED_NUMBER.search(text) or TELLING.search(text)):
        return text
    text = re.sub(r"\ba half\b", "1/2", text)
    text = SPELLED_NUMBER.sub(lambda m: in_digits(m[0]), text)
    text = MINUS.sub("-", text)
    return OUT_OF.sub(r"\1/\2", text)


def in_digits(words: str) -> str:
    total, current, part = 0, 0, 0
    for word in re.findall(r"[a-z]+", words.lower()):
        if word in NUMBERS:
            current += NUMBERS[word]
        elif word == "hundred":
            current = max(current, 1) * 100
        elif word in SCALES:
            total, current = total + max(current, 1) * SCALES[word], 0
        elif word in PARTS:
            part = PARTS[word]
    value = Fraction(total + current)
    return str(value / part) if part else str(value)


def simplified(text: str) -> str:
    """A text for comparison: lower case, without markup, articles and stops."""
    text = re.sub(r"\\(?:text|textbf|mathrm|mbox|textit|operatorname)\b", " ", text)
    text = re.sub(r"\\[a-zA-Z]+", " ", text)
    found = LETTERS.findall(text)
    words = [each.casefold() for each in found]
    kept = [each.casefold() for each in found if not is_filler(each)] or words
    said = " ".join(SYNONYMS.get(each, each) for each in kept)
    return PHRASES.get(said, said)


def is_filler(word: str) -> bool:
    """Whether a word adds nothing; a capital A may be a choice."""
    return word.casefold() in FILLER and word != "A"


def same_words(one: str, other: str) -> bool:
    """Whether two short texts say the same; formulas count by their signs."""
    left, right = squeezed(one), squeezed(other)
    if left == right and left:
        return True
    if FORMULA.search(left) or FORMULA.search(right):
        return False
    if left[:1] in "-−" or right[:1] in "-−":
        return False
    first, second = simplified(one), simplified(other)
    return bool(first) and first == second


FORMULA = re.compile(r"[0-9+*/^=<>|&]|-(?=[^a-zA-Z])|\\(?!text|mathrm|mbox|textbf)")
SPACING = re.compile(
    r"\\(?:left|right|displaystyle|!|,|;|:|quad|qquad|big|Big)(?![a-zA-Z])|[\s$~*]+"
    r"|\\[()\[\]](?![a-zA-Z])"
)
STYLES = re.compile(r"\\(?:text|textbf|mathrm|mathbf|mbox|textit|rm|bf)\b")


def squeezed(text: str) -> str:
    """A formula without spaces and styles."""
    text = text.replace("\\dfrac", "\\frac").replace("\\tfrac", "\\frac")
    text = STYLES.sub("", SPACING.sub("", text))
    return re.sub(r"\{([^{}])\}", r"\1", text).strip(".,;{}")


MENTION = re.compile(
    r"(?<![\w.,])[-−]?(?:\\?[$€£¥]\s?)?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:/\d+)?"
    r"(?![\w]*\d|[.,]\d)(?:\s?\\?%|\s(?:cents|percent|dollars|euros)\b|¢)?"
)


def said(text: str) -> str | None:
    """The one number that a short text mentions, None if it is not one."""
    if len(text) > 400 or FORBIDDEN.search(text):
        return None
    text = re.sub(r"\\text\w*\s?|[{}~]|\\[,;! ()\[\]]", " ", text)
    mentioned = [match[0] for match in MENTION.finditer(spelled(text))]
    distinct = {each.strip().replace(" ", "") for each in mentioned}
    return mentioned[0].strip() if len(distinct) == 1 else None


FORBIDDEN = re.compile(
    r"\\(?!text|mathrm|mbox|quad|left|right|approx)[a-zA-Z]|\d!|\breturn\b|\.\.\.|…"
    r"|[=<>^_≤≥≠±√π∞×·]|\b(?:not|no more|no less|or more|or less|or fewer|half of)\b"
    r"|\b(?:less|more|greater|fewer|rather) than\b|\bat (?:most|least)\b|\bup to\b"
    r"|\b(?:between|root|squared|cubed|factorial|times|twice|multiples?|divisible)\b"
    r"|\b(?:except|log|power|infinity|integers?|below|never|cannot|can't|isn't|minus|negative|mod)\b",
    re.IGNORECASE,
)


def is_prose(text: str) -> bool:
    """Whether a text only talks: a number in it may be meant as it stands."""
    return FORBIDDEN.search(text) is None
