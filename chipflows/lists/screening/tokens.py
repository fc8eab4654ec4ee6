"""A firm's name as tokens: legal forms dropped, abbreviations written out, numbers and places marked.

Chinese names become the English words of their parts (大学: university), the rest pinyin (华芯: huaxin).
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import groupby

from rapidfuzz.distance import OSA

from chipflows.lists.screening.chinese import has_chinese, latin_words
from chipflows.lists.screening.initials import without_bracketed
from chipflows.lists.screening.spelling import Spellings, plain_letters, sound
from chipflows.lists.words import words

__all__ = [
    "GENERIC",
    "GROUPS",
    "PLACES",
    "PLAIN",
    "grouped",
    "is_common",
    "is_form",
    "is_number",
    "respelt_common",
    "tokens",
    "written_out",
]

_FORMS_TEXT = """
sayyid sheikh haji mr mrs ms dr gen col sir jr sr esq hon prof liability co ltd inc corp llc gmbh jsc
ojsc pjsc cjsc ooo oao zao ao pao sa sas sarl srl spa plc pte pvt pty sdn bhd fze fzc fzco fzllc llp lp kk
ag kg bv nv oy oyj ab as sti ltda lda doo ood eood limited company corporation incorporated private public
joint stock anonim sirketi limitada youxian gongsi gufen zeren youxiangongsi the of and for a an de la und
ve i aktsionernoe aktsionernoye otvetstvennostyu federal unitary fgup fsue npp obshchestvo obschestvo
otkrytoe zakrytoe ogranichennoi ogranichennoy otvetstvennostyu s open cv sal dis aktiengesellschaft
gesellschaft mit beschrankter haftung societatea cu raspundere limitata srl sp zo spz oo akg kompaniya
otvetstvennostiu ogranichennoj
"""
_FORMS = frozenset(_FORMS_TEXT.split())
_SHORT_TEXT = """
zavod=factory sanayi=industry ticaret=trade elektronik=electronic tsentr=center institut=institute
tech=technology invest=investment technologies=technology technical=technology sci=science sciences=science
scientific=science elec=electronic electronics=electronic intl=international int=international
inst=institute institutes=institute univ=university dev=development developing=development eng=engineering
ind=industry industrial=industry industries=industry mfg=manufacturing manufacture=manufacturing
res=research equip=equipment info=information comm=communication communications=communication
telecommunications=telecommunication natl=national semiconductors=semiconductor systems=system
services=service products=product materials=material instruments=instrument networks=network
solutions=solution enterprises=enterprise holdings=holding trading=trade traders=trade components=component
devices=device computers=computer computing=computer microelectronics=microelectronic
optoelectronics=optoelectronic photonics=photonic robotics=robot robots=robot circuits=circuit
laboratories=laboratory lab=laboratory labs=laboratory centre=center centres=center acad=academy
dept=department logistic=logistics aeronautics=aeronautic aeronautical=aeronautic
 northwest=northwestern southwest=southwestern northeast=northeastern
southeast=southeastern astronautics=astronautic astronautical=astronautic aerospace=aerospace
software=software mech=mechanical machinery=machine machines=machine electric=electrical chem=chemical
chemicals=chemical metals=metal minerals=mineral group=group grp=group hk=hongkong csic=cssc prc=china
chinese=china it=information_technology ic=integrated_circuit electromechanical=mechanical_electrical
electromechanic=mechanical_electrical optronics=optoelectronic supercomputing=supercomputer mgmt=management
aircraft=aviation academia=academy assets=asset mat=material imp=import exp=export test=testing
photoelectric=optoelectronic biotech=biotechnology micro=microelectronic kashi=kashgar hetian=hotan
akesu=aksu tulufan=turpan shache=yarkant kuerle=korla kelamayi=karamay yili=ili wulanchabu=ulanqab
bj=beijing sz=shenzhen gz=guangzhou tj=tianjin cq=chongqing wh=wuhan xa=xian nj=nanjing hz=hangzhou
wx=wuxi zz=zhengzhou jn=jinan us=usa municipality=municipal tumushuke=tumxuk amoy=xiamen
canton=guangzhou peking=beijing sinkiang=xinjiang
"""
_PINYIN_TEXT = """
keji=technology jishu=technology dianzi=electronic jituan=group gongye=industry guoji=international
xinxi=information tongxin=communication yanjiusuo=institute yanjiuyuan=academy yanjiu=research
yanfa=research xitong=system zhineng=intelligent bandaoti=semiconductor weidianzi=microelectronic
cailiao=material shebei=equipment zhuangbei=equipment zhizao=manufacturing hangkong=aviation
hangtian=aerospace daxue=university xueyuan=institute maoyi=trade shiye=industry fazhan=development
kaifa=development kongzhi=control yiqi=instrument guangdian=optoelectronic guangxue=optical jixie=machine
dianlu=circuit jicheng=integrated ruanjian=software wangluo=network anquan=security nengyuan=energy
huaxue=chemical jinshu=metal chuanbo=shipbuilding gongcheng=engineering shuju=data yun=cloud
jisuanji=computer shiyanshi=laboratory zhongxin=center touzi=investment xinpian=chip cunchu=memory
jiguang=laser yaogan=remote_sensing zidonghua=automation leida=radar weixing=satellite daohang=navigation
jiance=testing ceshi=testing kexue=science jidian=mechanical_electrical dianqi=electrical jingmi=precision
zichan=asset guanli=management cekong=measurement_control dianke=cetc beihang=buaa chuangxin=innovation
qiye=enterprise jinchukou=import_export kongtian=aerospace wuxian=wireless shuzi=digital sheji=design
shengwu=biological yiliao=medical yiyao=pharmaceutical qiche=automobile wuliu=logistics huoyun=freight
gongyinglian=supply_chain shangmao=trade jingmao=trade jianshe=construction jianzhu=construction fuwu=service
zixun=consulting dianli=power dianchi=battery dianji=motor dianlan=cable weibo=microwave feiji=aviation
wurenji=uav jiqiren=robot huanjing=environment fangzhi=textile fuzhuang=garment guangxian=optical_fiber
chuangan=sensing chuanganqi=sensor chaosuan=supercomputer
"""
_SHORT = {
    short: tuple(full.split("_"))
    for short, full in (pair.split("=") for pair in f"{_SHORT_TEXT} {_PINYIN_TEXT}".split())
}
_GENERIC_TEXT = """
technology science electronic international institute university development engineering industry
manufacturing research equipment information communication telecommunication national semiconductor system
service product material instrument network solution enterprise holding trade component device computer
microelectronic optoelectronic photonic robot circuit laboratory center academy department logistics
software mechanical machine electrical chemical metal mineral group global digital intelligent smart
advanced new innovation investment import export supply chain factory plant bureau school college key
state first integrated automation control power energy optical aviation aerospace defense military general
electronicstechnology company management consulting cloud data security
"""
GENERIC = frozenset(_GENERIC_TEXT.split())
# Words that firms everywhere call themselves by: sharing one says less than its rarity in the lists.
_PLAIN_TEXT = """
action active al alliance allied almaz alpha amir apex arc arch art asian atlantic atlas aura axis base
beacon best beta black blue bridge bright brother capital castle center central century champion circle city
classic clear comet compass concept concord connect continental core cosmos create creative crest crown
crystal day delta diamond digital direct dragon dream dynamic eagle earth east eastern easy echo edge element
elite emerald empire energy epic equator era ever excel excellence expert express fajr falcon far fast
fidelity fifth fire first five force forest forever fortune forward frontier fusion future galaxy gamma gate
gateway gem genesis giant gold golden good grand great green grid gulf harbor harbour harmony hawk heritage
high hill horizon house hub icon ideal image impact imperial infinite infinity inspire integral interface iris
iron iskra island jade jet jupiter key king land laser leader legend liberty light line linear link lion local
logic long lotus luna lunar magic magnum main major marine mark mars master matrix max maximum media mega
mercury meridian metro micro mid middle millennium mind mobile modern momentum moon motion mountain multi
mutual nation native nature navigator neo net nexus nobel noble noor north northern nour nova oak oasis ocean
office olympic omega one optima optimum option orbit orient oriental origin orion pacific palace panda
panorama paradise paragon partner path peak pearl perfect phoenix pilot pioneer planet platinum point polar
pole premier premium press prestige prime princess pro progress pulse pyramid quality quest radiant rainbow
rapid rassvet red reliable resource rex ring rise rising river rock root rose royal ruby safe sail salam
salyut sapphire scan sea select senior shine sierra sigma signal silk silver simple sino sky smart snow sol
solar solid sonic source south southern space spark spectrum speed sphere spirit spring standard star start
stellar step sterling stone storm strategic strategy stream strong success summit sun sunrise sunshine super
superior supply supreme swift synergy target team tex thunder tiger time titan top total touch tower trans
treasure triangle trident triumph true trust twin ultra union unique unit united unity universal universe
upper valley value vector vega venture venus victor victory view village vision vista vital vortex vostok wave
way west western white win wind wing wisdom wise wolf wood world young zenith zero zone zoom zvezda
northeastern northwestern southeastern southwestern
"""
PLAIN = frozenset(_PLAIN_TEXT.split()) - GENERIC
_SOUND_SHORTEST = 6  # letters
_SOUNDS = {sound(word): word for word in sorted(GENERIC | set(_SHORT)) if len(word) >= _SOUND_SHORTEST}
_MISTYPED = (
    "ltd", "llc", "llp", "inc", "pte", "pvt", "fze", "fzc", "jsc", "ojsc", "cjsc", "pjsc", "ooo", "oao",
    "zao", "plc", "oyj", "spa", "gmbh",
)  # fmt: skip
_SHORT_FORM = 5
_PLACES_TEXT = """
china hongkong macau taiwan beijing shanghai tianjin chongqing shenzhen guangzhou guangdong dongguan
foshan zhuhai huizhou jiangsu nanjing suzhou wuxi changzhou nantong xuzhou kunshan zhejiang hangzhou
ningbo wenzhou jiaxing shaoxing jinhua anhui hefei wuhu fujian fuzhou xiamen quanzhou jiangxi nanchang
ganzhou shandong jinan qingdao yantai weifang henan zhengzhou luoyang hubei wuhan xiangyang hunan changsha
zhuzhou guangxi nanning guilin hainan haikou sichuan chengdu mianyang guizhou guiyang yunnan kunming
shaanxi xian xianyang baoji gansu lanzhou qinghai xining ningxia yinchuan xinjiang urumqi liaoning
shenyang dalian jilin changchun heilongjiang harbin hebei shijiazhuang baoding langfang shanxi taiyuan
neimenggu innermongolia hohhot tibet lhasa singapore malaysia russia moscow petersburg iran tehran dubai
uae turkey istanbul pakistan india japan korea germany usa america asia pacific kowloon europe africa
cuba mexico brazil argentina chile peru colombia venezuela canada britain england london ireland france paris
italy milan spain madrid portugal netherlands belgium switzerland zurich austria vienna sweden stockholm
norway denmark finland helsinki poland warsaw czech hungary budapest romania bulgaria greece serbia latvia
estonia lithuania ukraine kiev kyiv belarus minsk moldova georgia armenia azerbaijan baku kazakhstan
uzbekistan kyrgyzstan tajikistan turkmenistan mongolia israel lebanon beirut syria damascus iraq baghdad
jordan kuwait qatar bahrain oman saudi arabia yemen egypt cairo libya sudan nigeria kenya vietnam hanoi
thailand bangkok indonesia jakarta philippines manila myanmar yangon cambodia laos bangladesh nepal lanka
australia sydney zealand cyprus malta panama islamabad karachi lahore delhi mumbai
"""
PLACES = frozenset(_PLACES_TEXT.split())
_COUNTED_TEXT = """
first second third fourth fifth sixth seventh eighth ninth tenth
"""
_CARDINAL_TEXT = """
one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
eighteen nineteen
"""
_TENS_TEXT = """
twenty thirty forty fifty sixty seventy eighty ninety
"""
_NUMBERS = {
    word: at for text in (_COUNTED_TEXT, _CARDINAL_TEXT) for at, word in enumerate(text.split(), start=1)
}
_TENS = {word: 10 * at for at, word in enumerate(_TENS_TEXT.split(), start=2)} | {"fourty": 40}
_ROMAN = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9"}
_ORDINAL = re.compile(r"0*(\d+)(?:st|nd|rd|th)?\Z")
# State groups that the lists write out in full and others by initials (CSIC became part of CSSC in 2019).
_GROUPS_TEXT = """
china_electronic_technology_group=cetc china_electronic_technology=cetc
china_aerospace_science_technology=casc china_aerospace_science_industry=casic china_aviation_industry=avic
aviation_industry_china=avic china_state_shipbuilding=cssc china_shipbuilding_industry=cssc
china_shipbuilding_heavy_industry=cssc china_shipbuilding_group=cssc china_academy_engineering_physics=caep
china_academy_science=cas china_north_industry=norinco china_communication_construction=cccc
china_general_nuclear_power=cgn china_guangdong_nuclear_power=cgn
semiconductor_manufacturing_international=smic opto_electronic=optoelectronic electro_optics=optoelectronic
optic_electrical=optoelectronic national_supercomputer_center=nscc research_institute=institute
science_technology=technology united_states=usa
"""
_FIELDS = {"optoelectronic"}  # of the words above, no groups
_GROUPS = {
    frozenset(full.split("_")): short for full, short in (pair.split("=") for pair in _GROUPS_TEXT.split())
}
GROUPS = frozenset(short for short in _GROUPS.values() if "_" not in short) - GENERIC - PLACES - _FIELDS
_JOINED = {
    ("hong", "kong"): "hongkong",
    ("inner", "mongolia"): "innermongolia",
    ("xi", "an"): "xian",
    ("ulan", "qab"): "ulanqab",
    ("sp", "z"): "spz",
    ("wei", "dianzi"): "weidianzi",
    ("dian", "zi"): "dianzi",
    ("ke", "ji"): "keji",
    ("ji", "shu"): "jishu",
    ("shi", "ye"): "shiye",
}
# "54th Institute subordinate institution: X" and "X (a subordinate institute of CETC-7)" name X.
_UNIT_OF = re.compile(r"^.*subordinate institut\w+: |\(a subordinate institut\w+ of [^)]*\)")
_ZERO = re.compile(r"(?<=\d)o|\bo(?=\d)")  # as a scan reads nought
_COMMON_FROM = 0.8
_COMMON_SHORTEST = 5
_LONGEST = 400  # characters of a name that are read


@lru_cache(maxsize=100_000)
def tokens(name: str) -> tuple[str, ...]:
    """Return the tokens of *name*, in order, each once; a name of legal forms alone gives its words."""
    text = without_bracketed(_UNIT_OF.sub("", plain_letters(name[:_LONGEST]))) or name
    found = latin_words(text) if has_chinese(text) else tuple(_ROMAN.get(word, word) for word in words(text))
    flat = [part for word in _joined(_letters_joined(found)) for part in written_out(word)]
    kept = _counted([word for word in flat if word not in _FORMS and word != "no"])
    return tuple(dict.fromkeys(grouped(kept) or flat))


@lru_cache(maxsize=50_000)
def respelt_common(token: str) -> tuple[str, ...] | None:
    """Return the common words that *token* misspells ("tchnlgy"): () for a legal form, None for none."""
    if is_common(token):
        return None
    near = _common_spellings().of(token)
    if not near or near[0][1] < _COMMON_FROM or len(near[0][0]) < _COMMON_SHORTEST < len(token):
        return None
    word = near[0][0]
    return () if word in _FORMS else _SHORT.get(word, (word,))


def is_form(token: str) -> bool:
    """Return whether a word at the end of a name is a legal form, or one letter off a short one ("Ldt")."""
    if token in _FORMS or len(token) == 1:
        return True
    return len(token) < _SHORT_FORM and any(OSA.distance(token, form) == 1 for form in _MISTYPED)


def is_common(word: str) -> bool:
    """Return whether *word* stands in the names of many firms."""
    return word in _FORMS or word in _SHORT or word in GENERIC or word in PLACES


@lru_cache(maxsize=1)
def _common_spellings() -> Spellings:
    """Return the words that stand in the names of many firms, by how they may be misspelt."""
    of_groups = {word for full in _GROUPS for word in full if len(word) > _COMMON_SHORTEST}
    return Spellings(sorted(_FORMS | set(_SHORT) | GENERIC | PLACES | of_groups))


def written_out(word: str) -> tuple[str, ...]:
    """Return an abbreviation, or a common word by another spelling of the same sound, in full."""
    if word in _SHORT:
        return _SHORT[word]
    if (place := word.removesuffix("shi").removesuffix("sheng")) in PLACES:
        return (place,)
    common = _SOUNDS.get(sound(word), word) if len(word) >= _SOUND_SHORTEST else word
    return _SHORT.get(common, (common,))


def is_number(token: str) -> bool:
    """Return whether a token is a number: "54" of the 54th institute."""
    return token.isdigit()


def grouped(found: list[str]) -> list[str]:
    """Return the tokens with a group's name in full replaced by its initials."""
    for full, short in _GROUPS.items():
        if full <= set(found) and (at := _together(found, full)):
            return grouped([short if n == at[0] else word for n, word in enumerate(found) if n not in at[1:]])
    return found


def _together(found: list[str], wanted: frozenset[str]) -> list[int]:
    """Return where the words *wanted* stand together, in any order, or with a place between."""
    kept = [at for at, word in enumerate(found) if word in wanted or word not in PLACES]
    windows = (kept[at : at + len(wanted)] for at in range(len(kept) - len(wanted) + 1))
    return next((places for places in windows if {found[at] for at in places} == wanted), [])


def _letters_joined(found: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words with letters in a row as one: "a r sales" gives ar, sales; "v l p" gives v, lp."""
    out: list[str] = []
    for is_letter, words_of in groupby(found, key=lambda word: len(word) == 1 and word.isalpha()):
        run = list(words_of)
        out += _without_end("".join(run)) if is_letter else run
    return tuple(out)


def _without_end(word: str) -> list[str]:
    """Return letters in a row as one word, or as two if the last ones are a legal form."""
    size = next((n for n in (3, 2) if len(word) > n and word[-n:] in _FORMS and word not in PLACES), 0)
    return [word[:-size], word[-size:]] if size else [word]


def _counted(found: list[str]) -> list[str]:
    """Return the words with numbers as digits: 54th and 054 give 54, second 2, forty four 44."""
    out: list[str] = []
    for word in map(_number, found):
        if out and out[-1] in _TENS and len(word) == 1 and word.isdigit():
            out[-1] = str(_TENS[out[-1]] + int(word))
        else:
            out.append(word)
    return [str(_TENS.get(word, word)) for word in out]


def _number(word: str) -> str:
    """Return a number's digits; any other word as it is."""
    found = _ORDINAL.match(_ZERO.sub("0", word))
    return found[1] if found else str(_NUMBERS.get(word, word))


def _joined(found: tuple[str, ...]) -> list[str]:
    """Return the words with places of two words as one; Hong Kong in any order."""
    out: list[str] = []
    for word in found:
        pair = (out[-1], word) if out else None
        if pair in _JOINED:
            out[-1] = _JOINED[pair]
        else:
            out.append(word)
    if "kong" in out:
        return ["hongkong" if word == "kong" else word for word in out if word != "hong"]
    return out
