"""Units that stand before or behind the numbers of a table: currencies, measures, and scales such as million."""

from __future__ import annotations

from functools import lru_cache

_SYMBOLS = "$ € £ ¥ ₹ ₽ ₩ ¢ ₺ ₴ ₦ ₱ ฿ ₫ ₪ US$ R$ C$ A$ CA$ AU$ HK$ NZ$ S$ Rs. Rs kr. kr zł Kč RM"
_CODES = (
    "USD EUR GBP CHF JPY CNY RMB INR CAD AUD NZD SEK NOK DKK PLN CZK HUF RON RUB TRY BRL MXN ZAR KRW SGD HKD THB IDR "
    "MYR PHP ILS AED SAR VND BTC"
)
CURRENCIES = frozenset(f"{_SYMBOLS} {_CODES}".split())
"""Signs and codes of currencies, which may stand before or behind a number."""

SCALES = {
    **dict.fromkeys(("k", "thousand", "tsd"), 1e3),
    **dict.fromkeys(("m", "mn", "mio", "mln", "million", "millions"), 1e6),
    **dict.fromkeys(("b", "bn", "mrd", "mld", "billion", "billions"), 1e9),
    **dict.fromkeys(("tn", "trillion", "trillions"), 1e12),
}
"""What a number is multiplied with, by the lower-case word behind it."""

_MEASURES = (
    "% ‰ ° °c °f ℃ ℉ pct percent bps kg g mg µg μg ug lb lbs oz ct km m cm mm nm µm μm mi mile miles ft feet in inch "
    "inches yd l ml cl dl gal hp bhp ps kw w mw kwh wh mwh gwh v kv a ma mah hz khz mhz ghz kb mb gb tb pa kpa hpa "
    "mpa bar mbar psi mmhg km/h kmh kph mph m/s knots kt mpg kmpl rpm m² m2 km² km2 ft² ft2 sqft sqm ha acres acre m³ "
    "m3 cc ccm px dpi bpm cal kcal j kj db mp k f c ppm ppb nits lm lux n nm kn usd/kg mg/dl mmol/l g/l mg/l µg/m³ "
    "μg/m³ µg/l l/100km g/km km/kg kg/m2 kg/m² year years yr yrs month months week weeks"
)
MEASURES = frozenset(_MEASURES.split())
"""Units in lower case that may stand behind a number without a space; others need one."""

_ALIASES = {"inche": "inch", "inches": "inch", "feet": "ft", "foot": "ft", "mile": "mi", "lbs": "lb", "pct": "%"}
_ALIASES |= {"percent": "%", "yr": "year", "yrs": "year"}
_FAMILIES = (
    {"kg", "g", "mg", "lb", "oz", "µg", "μg"},
    {"km", "m", "cm", "mm", "mi", "ft", "in", "inch", "yd"},
    {"l", "ml", "cl", "dl", "gal", "L"},
    {"kb", "mb", "gb", "tb"},
    {"w", "kw", "mw", "hp"},
    {"year", "month", "week"},
)


def is_currency(unit: str) -> bool:
    """Return whether a unit is the sign or code of a currency."""
    return unit in CURRENCIES or unit.upper() in CURRENCIES


@lru_cache(maxsize=1024)
def unit_key(unit: str) -> str:
    """Return a unit in the form in which units are compared: "lbs." and "lb" are the same, "mW" and "MW" are not."""
    if is_currency(unit):
        return unit.upper()
    bare = unit.rstrip(".")
    small = bare.lower()
    if small in _ALIASES:
        return _ALIASES[small]
    if len(bare) < 3 and small not in ("kg", "km", "cm", "hp", "cc", "lb", "oz", "mi", "ft", "kw", "gb", "tb"):
        return bare
    return small[:-1] if len(small) > 3 and small.endswith("s") else small


def is_measure(unit: str) -> bool:
    """Return whether a unit is well known, so that it may stand behind a number without a space."""
    return unit.lower() in MEASURES or unit_key(unit).lower() in MEASURES or is_currency(unit)


def measure_alike(units: set[str]) -> bool:
    """Return whether several units measure the same, such as kg and g."""
    keys = {unit_key(unit).lower() for unit in units}
    return any(keys <= family for family in _FAMILIES) or all(is_currency(unit) for unit in units)
