"""Country names as the lists write them, as ISO 3166 codes."""

from __future__ import annotations

import re

__all__ = ["country_code"]

_CODES = {
    "AF": "afghanistan", "AL": "albania", "AM": "armenia", "AR": "argentina", "AT": "austria",
    "AU": "australia",
    "AZ": "azerbaijan", "BA": "bosnia and herzegovina", "BD": "bangladesh", "BE": "belgium", "BG": "bulgaria",
    "BH": "bahrain", "BO": "bolivia", "BR": "brazil", "BY": "belarus", "BZ": "belize", "CA": "canada",
    "CH": "switzerland", "CL": "chile", "CN": "china|people's republic of china|prc", "CO": "colombia",
    "CR": "costa rica", "CU": "cuba", "CY": "cyprus", "CZ": "czech republic|czechia", "DE": "germany",
    "DK": "denmark", "DZ": "algeria", "EC": "ecuador", "EE": "estonia", "EG": "egypt", "ES": "spain",
    "ET": "ethiopia", "FI": "finland", "FR": "france", "GB": "united kingdom|u.k.|uk|england",
    "GE": "georgia", "GR": "greece", "HK": "hong kong", "HU": "hungary", "ID": "indonesia", "IE": "ireland",
    "IL": "israel", "IN": "india", "IQ": "iraq", "IR": "iran", "IT": "italy", "JM": "jamaica", "JO": "jordan",
    "JP": "japan", "KE": "kenya", "KG": "kyrgyzstan", "KH": "cambodia", "KP": "north korea|korea, north",
    "KR": "south korea|korea, south|korea|republic of korea", "KW": "kuwait", "KZ": "kazakhstan",
    "LA": "laos",
    "LB": "lebanon", "LK": "sri lanka", "LT": "lithuania", "LU": "luxembourg", "LV": "latvia", "LY": "libya",
    "MA": "morocco", "MD": "moldova", "MG": "madagascar", "MK": "north macedonia|macedonia",
    "MM": "burma|myanmar|burma/myanmar", "MN": "mongolia", "MO": "macau|macao", "MT": "malta", "MX": "mexico",
    "MY": "malaysia", "NG": "nigeria", "NI": "nicaragua", "NL": "netherlands|the netherlands", "NO": "norway",
    "NZ": "new zealand", "OM": "oman", "PA": "panama", "PE": "peru", "PH": "philippines", "PK": "pakistan",
    "PL": "poland", "PT": "portugal", "PY": "paraguay", "QA": "qatar", "RO": "romania", "RS": "serbia",
    "RU": "russia|russian federation", "SA": "saudi arabia", "SD": "sudan", "SE": "sweden", "SG": "singapore",
    "SI": "slovenia", "SK": "slovakia", "SN": "senegal", "SS": "south sudan", "SY": "syria", "TH": "thailand",
    "TJ": "tajikistan", "TM": "turkmenistan", "TN": "tunisia", "TR": "turkey|türkiye|turkiye", "TW": "taiwan",
    "UA": "ukraine|crimea region of ukraine|crimea", "UG": "uganda", "US": "united states|usa|u.s.a.",
    "UZ": "uzbekistan", "VE": "venezuela", "VG": "british virgin islands", "VN": "vietnam", "YE": "yemen",
    "ZA": "south africa", "AE": "united arab emirates|u.a.e.|uae", "VA": "vatican",
}  # fmt: skip
_BY_NAME = {name: code for code, names in _CODES.items() for name in names.split("|")}


def country_code(text: str) -> str:
    """Return the ISO code of a country's name or code, "" when it is neither."""
    flat = re.sub(r"\s+", " ", text.replace("’", "'")).strip(" .,").lower()
    if len(flat) == 2 and flat.upper() in _CODES:
        return flat.upper()
    if flat.startswith("china, people"):
        return "CN"
    return _BY_NAME.get(flat) or _BY_NAME.get(flat + ".") or _BY_NAME.get(flat.split(",")[0]) or ""
