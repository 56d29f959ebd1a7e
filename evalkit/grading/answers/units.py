"""Units of measurement and money: what a word behind a number means."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as a multiple of the base unit of its dimension."""

    dimension: str
    """length, area, ... ; "" for a counted thing such as teachers."""
    factor: Fraction | None
    """None where no number turns it into others, as with months and days."""
    text: str


def table(dimension: str, entries: Mapping[str, Fraction | int]) -> dict[str, Unit]:
    """Units of one dimension: all spellings of each, parted by spaces."""
    return {
        spelling: Unit(dimension, Fraction(factor), spelling)
        for spellings, factor in entries.items()
        for spelling in spellings.split()
    }


LENGTHS: Mapping[str, Fraction | int] = MappingProxyType(
    {
        "m meter metre": 1,
        "mm millimeter millimetre": Fraction(1, 1000),
        "nm nanometer nanometre": Fraction(1, 10**9),
        "μm µm micrometer micrometre micron": Fraction(1, 10**6),
        "cm centimeter centimetre": Fraction(1, 100),
        "dm decimeter decimetre": Fraction(1, 10),
        "km kilometer kilometre": 1000,
        "in inch inche": Fraction(254, 10000),
        "ft foot feet": Fraction(3048, 10000),
        "yd yard": Fraction(9144, 10000),
        "mi mile": Fraction(1609344, 1000),
    }
)
UNITS: Mapping[str, Unit] = MappingProxyType(
    {
        **table("length", LENGTHS),
        **table(
            "mass",
            {
                "g gm gram gramme": 1,
                "mg milligram": Fraction(1, 1000),
                "kg kilo kilogram": 1000,
                "t ton tonne": 1_000_000,
                "oz ounce": Fraction(28349523125, 10**9),
                "lb lbs pound": Fraction(45359237, 10**5),
            },
        ),
        **table(
            "time",
            {
                "s sec second": 1,
                "min minute": 60,
                "h hr hrs hour": 3600,
                "day": 86400,
                "week": 604800,
                "ms millisecond": Fraction(1, 1000),
            },
        ),
        **table(
            "calendar", {"month": 1, "year yr": 12, "decade": 120, "century": 1200}
        ),
        **table(
            "volume",
            {
                "l liter litre": Fraction(1, 1000),
                "ml mL milliliter millilitre": Fraction(1, 10**6),
                "cl": Fraction(1, 10**5),
                "dl": Fraction(1, 10**4),
                "gallon": Fraction(3785411784, 10**12),
                "quart": Fraction(946352946, 10**12),
                "pint": Fraction(473176473, 10**12),
            },
        ),
        **table("dollars", {"dollar usd buck": 1, "cent ¢": Fraction(1, 100)}),
        **table("euros", {"€ euro eur": 1}),
        **table("pounds sterling", {"£ gbp": 1}),
        **table("yen", {"¥ yen jpy": 1}),
        **table("yuan", {"yuan rmb": 1}),
        **table("rupees", {"₹ rupee inr rs": 1}),
        **table("angle", {"° deg degree": 1}),
        **table("radians", {"rad radian": 1}),
        **table("percent", {"% percent percentage": 1}),
        **table(
            "length/time", {"mph": Fraction(44704, 100000), "kph kmh": Fraction(5, 18)}
        ),
        **table("temperature", {"°c celsius": 1}),
        **table("temperature f", {"°f fahrenheit": 1}),
        **table("power", {"W watt": 1, "kW kw kilowatt": 1000}),
        **table(
            "energy",
            {"J j joule": 1, "kJ kj kilojoule": 1000, "erg": Fraction(1, 10**7)},
        ),
        **table("force", {"N newton": 1, "kN": 1000}),
        **table("frequency", {"Hz hz hertz": 1, "kHz": 10**3, "MHz": 10**6}),
        **table("pressure", {"Pa pascal": 1, "kPa": 10**3, "MPa": 10**6}),
        **table("kelvin", {"K kelvin": 1}),
        **table("voltage", {"V volt": 1, "kV": 10**3, "mV": Fraction(1, 10**3)}),
        **table("current", {"A ampere amp": 1, "mA": Fraction(1, 10**3)}),
        **table("resistance", {"Ω ohm": 1}),
        **table("charge", {"coulomb": 1}),
        **table("amount", {"mol mole": 1}),
    }
)
POWERS: Mapping[int, str] = MappingProxyType({2: "area", 3: "volume"})
SCALES: Mapping[str, Fraction] = MappingProxyType(
    {
        "hundred": Fraction(100),
        "thousand": Fraction(10**3),
        "million": Fraction(10**6),
        "billion": Fraction(10**9),
        "trillion": Fraction(10**12),
        "dozen": Fraction(12),
        "万": Fraction(10**4),
        "亿": Fraction(10**8),
    }
)
CHINESE: Mapping[str, str] = MappingProxyType(
    {
        **{"元": "yuan", "美元": "dollar", "米": "m", "厘米": "cm", "毫米": "mm"},
        **{"千米": "km", "公里": "km", "千克": "kg", "公斤": "kg", "克": "g"},
        **{"小时": "hour", "分钟": "minute", "秒": "second", "天": "day", "度": "°"},
        **{"平方米": "m^2", "平方厘米": "cm^2", "立方米": "m^3", "升": "l"},
    }
)
SHAPE = re.compile(
    r"(?:(?P<square>square|sq\.?|cubic|cu\.?)\s+)?(?P<name>[^\s^/0-9]+?)\.?"
    r"(?:\s+(?P<after>squared|cubed))?(?:\s*\^?\s*\{?(?P<power>[23])\}?)?"
)
PER = re.compile(r"\s*/\s*|\s+per\s+")
FILLING = re.compile(
    r"\b(?:of|the|a|an|each|total|in|more|fewer|less|left|per cent)\b|[{}()]"
)
NEUTRAL = frozenset(("unit", "units", "u"))
SQUARE = MappingProxyType(
    {"square": 2, "sq": 2, "sq.": 2, "cubic": 3, "cu": 3, "cu.": 3}
)


def unit(text: str) -> Unit | None:
    """The unit that a phrase names, None for an empty phrase.

    A phrase that names no unit of measurement names a counted thing (81 teachers).
    """
    text = CHINESE.get(text.strip(), text).replace("° ", "°")
    text = " ".join(text.replace("\\", " ").split()).strip(" .,;!*")
    if not text:
        return None
    if text.lower() in ("per cent", "percent"):
        return UNITS["%"]
    if (rate := quotient(text)) is not None:
        return rate
    match = SHAPE.fullmatch(text)
    if match is None or (base := base_unit(match["name"])) is None:
        return Unit("", None, counted(text))
    power = 2 if match["after"] == "squared" else 3 if match["after"] else 1
    power = int(match["power"] or SQUARE.get(match["square"] or "", power))
    if power == 1:
        return base
    if base.factor is None or base.dimension != "length":
        return Unit("", None, "units" if base.text == "units" else counted(text))
    return Unit(POWERS[power], base.factor**power, f"{base.text}^{power}")


def quotient(text: str) -> Unit | None:
    """A unit per another: m/s^2, miles per hour."""
    over, slash, under = PER.sub("/", text).partition("/")
    if not slash or "/" in under:
        return None
    top, bottom = simple(over.strip()), simple(under.strip())
    if top is None or bottom is None or bottom.factor is None or top.factor is None:
        return Unit("rate", None, text)
    factor = top.factor / bottom.factor
    return Unit(f"{top.dimension}/{bottom.dimension}", factor, text)


def simple(text: str) -> Unit | None:
    """A unit of measurement and its power, None for anything else."""
    match = SHAPE.fullmatch(text)
    if match is None or not (base := base_unit(match["name"])) or base.factor is None:
        return None
    power = int(match["power"] or 1)
    if power == 1:
        return base
    return Unit(f"{base.dimension}^{power}", base.factor**power, text)


def base_unit(name: str) -> Unit | None:
    """A unit by its name, plural or not."""
    mixed = len(name) < 4 and not (name.islower() or name.isupper() or name.istitle())
    short = len(name) == 2 and name.istitle()  # Mg is not mg
    for spelling in (name,) if mixed or short else (name, name.lower()):
        if found := UNITS.get(spelling):
            return found
        plural = spelling.endswith("s") and len(spelling) > 3
        if plural and (found := UNITS.get(spelling[:-1])):
            return found
    return Unit("", None, "units") if name.lower() in NEUTRAL else None


def counted(text: str) -> str:
    return " ".join(FILLING.sub(" ", text.lower()).split()).removesuffix("s")


def is_symbol(name: str) -> bool:
    """Whether a name is a unit's symbol or name, so that it may be no variable."""
    return base_unit(name) is not None
