"""Is an entry a firm or a natural person? The lists do not say, so a firm must show that it is one.

A natural person is parsed and flagged, never shipped, screened or shown. What cannot be told is treated as a
person: losing a firm with an unmarked name is the cheaper error.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from anyascii import anyascii

__all__ = ["firm_names", "is_firm_name", "is_person"]

# Whole words that only organisations carry: legal forms, kinds of body, lines of business.
_WORDS_TEXT = """
ab agency ao oao zao ooo pao jsc ojsc cjsc pjsc aps as asa aviacon base bhd brigade bureau bv byro
cafe cargo casc casic cetc chem chip city cloud club co company complex concern consortium corp
corporation cssc csic dba dept department directorate dist division dmcc doo eood ood ead fab fabrik fgup
fgbu fku fze fzc fzco fz foundation fund gmbh group grup hk holding holdings hq hotel house inc ic intl
kb kft kg kgaa lab labs laboratory limited llc llp lp ltd ltda ltee market mart mills mine ministry mktg
municipality navy nii npo npp nv office okb oki oy oyj partners party plant plc port pt pte pty
pvt region republic resort sa sae sal sarl sas school sdn service shop sons spa sp srl sro st sti
store stores studio supply system team tic tov trust tsniiag union unit ug university uab vniief
works yard zrt airlines airline airways army association associates academy alliance authority auto
automation bank branch brothers bros builders building business casting cement center centre central
circle command commission committee communications company computing construction consult
consultancy consulting contracting cooperation council defence defense design development devices
digital distribution dynamics embassy energy engineering engineers enterprise enterprises equipment
establishment exim expo export exports express factory federal federation fertilizer fiber film
financial fluid force forces forwarders forwarding foundry freight gas global government
guard heavy high hospital import imports industrial industries industry information
infrastructure innovation innovations institute institut institution instrument instruments
insurance integrated intelligent international investment joint key lighting line lines logistics
machine machinery machines management manufacturer manufacturing marine marketing material materials
measurement mechanical mechanics media medical metal metals micro military mineral mining missile
model motor motors national net network networks nuclear ocean office oil operations
optical optics organisation organization overseas parts people petroleum pharma
photonics physics plastics platform power precision prison press procurement production products
programs project projects property public quantum radar radio railway realty refinery
representative research resources robot robotics robots satellite science sciences scientific sea
security semiconductor sensor services ship shipping shipyard shipbuilding silicon sky smart society
software solar solution solutions space special stars state station stock strategic
studies supplies surveillance systems target tools torg trade trader traders trading training
transport transportation travel tv vessel vision voyage warehouse water wireless
world ve sanayi ticaret sirketi pazarlama ithalat ihracat insaat turizm tasimacilik havacilik danismanlik
obshchestvo aktsionernoe zavod predpriyatie tsentr kontsern kombinat firma kompaniya ministerstvo
universitet fabrika bank holdingi shirkat sherkat sanat sanaye tejarat tajhiz bazargani gostar pardaz
pishro afzar niroo moassese markaz daneshgah syarikat perniagaan perusahaan teknologi yayasan
prefecture office zhongke people's academic advanced aerial applied armament artificial
atomic bearing biological bio capital carbon ceramic control crystal cyber data diamond
electro fine fabricating first foreign fuel fusion future galaxy graphite grid guided helicopter
hydro inertial joint-stock jet laser life link maritime maschinen mega meteor modern multi
navigation new north northern ocean orbit oriental pacific asia asian europe east eastern
college incorporated ports components catering chemie consultants huawei zte alloys spares proven invention
empire arcade npc cuba denmark sweden italia italy korea kazakhstan lebanon liban nederland netherlands
taiwan xinjiang shenzhen beijing shanghai hongkong tianjin nanjing hangzhou xian chengdu wuhan guangdong
jiangsu zhejiang suzhou hefei tekh rostekh ports field electronic electronics technology technologies
logistics aviation tech create farm video logic master phase sputnik ark saturn ote volna
western west south southern middle gulf china chinese russia russian iran iranian pakistan syrian
myanmar afghan indo sino euro polar pro propulsion pump safety second semi sino super
survey techno tele testing titan trans transit turbine union united universal
vacuum valve venture ventures wave wing wings zone zones airport trail
"""
_WORDS = frozenset(_WORDS_TEXT.split())
# Beginnings of words that only organisations carry, in English, Russian, Turkish and Persian spelling.
_STEMS_TEXT = """
aero aeron aerosp aircr airtech airways aktsi astro autom avia avion biotech chemic chim commun comput
construct corpor cyber develop distrib dyna electr elektr elmash energ engine enterp equip export geo
gosud hydr impex import industr inform infra innov instit instrum integr invest kimya khim
konstr korpor laborat logist machin magnet manufact mash mechan mekh metall metro microel
mikro motor naftn nanotech nauch neft ontv optic opto optron orbit petro pharma photon prib prod prom
radio raket rosatom satell scien semicond shipp sistem spets stroi stroy sudo system tech tekh tekno
telec telek teploen thermo trading trans turbin ucheb universi upravl voen zavod
"""
_STEMS = tuple(_STEMS_TEXT.split())
_ENDINGS = (
    "tech", "tek", "tronic", "tronics", "tronix", "soft", "chip", "mash", "prom", "avia", "neft", "gaz",
    "trade", "trans", "energo", "electric", "electronics", "elektronik", "pribor", "stroy", "sensor",
    "optics", "photonics",
    "com", "corp", "group", "lab", "labs", "net", "bank", "ware", "semi", "micro", "systems", "logistics",
    "gene", "space", "power", "drone", "drones", "uav", "robotics", "wise", "link", "media", "press", "impex",
)  # fmt: skip
# Words that begin or mark a person's name. They are tokens of naming systems, not anyone's name.
_TITLES_TEXT = """
mr mrs ms dr prof eng engr engineer haji hajji hajj maulawi mullah mulla sheikh sayyid syed seyed
bin ibn bint binti abu abdul abd ul ur al-din uddin
"""
_TITLES = frozenset(_TITLES_TEXT.split())
_GIVEN_TEXT = """
mohammad mohammed muhammad mohamad mohamed muhamad mohd ahmad ahmed ali hassan hasan hossein hussein
hussain husain reza mehdi mahdi amir saeed said sayed mahmoud mahmood mostafa mustafa ibrahim ebrahim
ismail esmail yousef yusuf yasin khalil khalid omar umar osman hamid hamed javad davood davoud farid
farhad fazal kamran majid masoud mehran mehrdad mohsen morteza nader naser nasser parviz ramin rahim
rashid rostam saleh salim samir shahram shahin siamak vahid yahya zahra fatemeh maryam
alexander aleksandr aleksander alexandre alex alexey aleksey alexei andrey andrei anatoly anton boris
denis dmitry dmitri evgeny evgenii yevgeny igor ivan kirill konstantin leonid maxim maksim mikhail
nikita nikolai nikolay oleg olga pavel petr roman ruslan sergey sergei stanislav svetlana tatiana tatyana
vadim valery vasily viktor victor vitaly vladimir vladislav yuri yuliya yulia anna elena ekaterina irina
marina natalia anastasia artem artur
john james michael robert david william richard thomas charles daniel matthew mark paul steven andrew
kevin brian george edward peter nicolas nicholas jean pierre jacques philippe hans karl heinz jose juan
carlos luis antonio giovanni marco mario eric raymond jason jackson joseph benjamin samuel simon stephen
patrick christopher alan albert anthony dennis frank gary henry
kumar singh khan wong chan cheung cheng lim tan lee chong tsang kwok leung lau chow
"""
_GIVEN = frozenset(_GIVEN_TEXT.split())
_PATRONYMIC = re.compile(r"[a-z]{3,}(?:ovich|evich|ovna|evna|ievich|yevich)\Z")
_TOKEN = re.compile(r"[a-z0-9']+")
_FORM_AT_END = re.compile(r"(?:\b(?:AG|AD|OU|SL|GC|SFTUE|IRE RAS)|S\.A\.?|B\.V\.?|N\.V\.?|A\.S\.?)\Z")
_OFFICE = re.compile(r"\boffice\s+(?:no\b\.?\s*)?[a-z]?-?\d", re.IGNORECASE)  # a place, not a body
_ACRONYM = re.compile(r"(?:^|[\s-])(?=[A-Z]*[B-DF-HJ-NP-TV-Z])[A-Z]{3,}(?=[\s-]|$)")
_NOT_MARKS = re.compile(r"petrov|petros|georg|geov|mashh|mashat|eugene|kornet|ghasemi|qasemi")


def is_person(name: str, aliases: Sequence[str] = (), kind: str = "") -> bool:
    """Return True for a natural person and for what cannot be told, False for a firm or other body.

    *kind* is the source's own type ("Individual", "Entity", "Vessel") where it has one. Otherwise the name
    must hold a word, number or spelling that organisations have; an unmarked name without a person's words
    passes when an alias with such a mark shares a word with it.
    """
    if kind:
        return kind.strip().lower() == "individual"
    if is_firm_name(name):
        return False
    words = _words(name)
    if _is_personal(words):
        return True
    if len(words) == 1:  # one unmarked word: a brand or an acronym; people are listed by two or more
        return False
    return not any(set(words) < set(_words(alias)) and _has_mark(alias) for alias in aliases)


def firm_names(name: str, aliases: Sequence[str]) -> tuple[str, ...]:
    """Return the *aliases* of a firm that are names of a firm, not of a person behind it."""
    known = {word for text in (name, *filter(is_firm_name, aliases)) for word in _words(text)}
    return tuple(alias for alias in aliases if _is_alias_of_firm(alias, known))


def is_firm_name(name: str) -> bool:
    """Return whether *name* carries a mark that only organisations have."""
    if any(ord(letter) > 0x2E80 for letter in name):  # Chinese or Japanese writing
        return len(name.strip()) > 4
    return _has_mark(name) or (
        bool(re.search(r"\d|&|№", _OFFICE.sub(" ", name))) and not _is_personal(_words(name))
    )


def _has_mark(name: str) -> bool:
    """Return whether a word of *name*, or the form at its end, is an organisation's."""
    if _FORM_AT_END.search(name) or "hong kong" in name.lower():
        return True
    words = _words(_OFFICE.sub(" ", name))
    if _is_personal(words):  # a spelling is too weak a mark beside a given name: "Huseyin Engin ..."
        return any(word in _WORDS for word in words)
    # Capitals amid other letters are an acronym, unless a surname stands so before a comma.
    if name != name.upper() and "," not in name and _ACRONYM.search(name):
        return True
    return any(_is_mark(word) for word in words)


def _is_alias_of_firm(alias: str, known: set[str]) -> bool:
    """Return whether an alias is marked as a firm's, is one word or capitals, or repeats the firm's words."""
    words = _words(alias)
    if is_firm_name(alias):
        return True
    if _is_personal(words):
        return False
    return len(words) == 1 or alias.upper() == alias or bool(known & set(words))


def _is_personal(words: Sequence[str]) -> bool:
    """Return whether a word belongs to a person's name: a title, a given name, a patronymic, an initial."""
    return any(word in _TITLES or word in _GIVEN or _PATRONYMIC.match(word) for word in words)


def _is_mark(word: str) -> bool:
    """Return whether one word marks an organisation."""
    if word in _GIVEN or word in _TITLES or _PATRONYMIC.match(word) or _NOT_MARKS.match(word):
        return False
    return word in _WORDS or (len(word) > 4 and (word.startswith(_STEMS) or word.endswith(_ENDINGS)))


def _words(name: str) -> list[str]:
    """Return the lower-case words of *name* in Latin letters."""
    return _TOKEN.findall(anyascii(name).lower())
