"""Labels of published responses that are believed to be wrong, and why.

Rows are counted from 0 within the file of that name.
"""

STAR = "the answer lacks only the multiplication sign of the reference"
ORDER = "the same numbers in the same order, with commas between them"
LETTER = "the right value, with its letter before it"

WRONG_LABELS: dict[str, dict[int, str]] = {
    "MathCoder-CL-13b_SVAMP_20230918-0026": {
        531: "149 sq ft is 149",
        779: "ends in a program that was not run",
    },
    "MathCoder-L-70b_mathematics_20230918-2031": {
        30: "boxes a letter which, says the text, stands for another value",
        48: LETTER,
        90: STAR,
        317: "ends in a program that was not run",
        327: STAR,
        360: STAR,
        364: "goes round in circles until it is cut off, and states no answer",
        416: "the last of two boxes is right",
        642: ORDER,
        654: STAR,
        665: ORDER,
        698: ORDER,
        722: ORDER,
        723: ORDER,
        889: LETTER,
    },
    "abel_gsm8k_13b": {880: "'#### 10.' is 10"},
}
NEED_THE_QUESTION: dict[str, set[int]] = {
    # The whole solution of a system (o = 3, y = 3) where the question asks for one of
    # its values. Which one, the reference alone does not say.
    "MathCoder-L-70b_mathematics_20230918-2031": {98, 116, 132, 216, 272, 524},
}
