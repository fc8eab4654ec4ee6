"""A firm's name as tokens: legal forms dropped, abbreviations written out, numbers and places marked.

Chinese names become the English words of their parts (大学: university), the rest pinyin (华芯: huaxin).
"""

from __future__ import annotations

import re
from functools import lru_cache

from chipflows.lists.screening.chinese import has_chinese, latin_words
from chipflows.lists.screening.spelling import Spellings, plain_letters
from chipflows.lists.words import words

__all__ = ["GENERIC", "PLACES", "is_number", "respelt_common", "tokens"]

_FORMS_TEXT = """
ii iii sayyid sheikh haji mr mrs ms dr sir jr sr esq hon prof liability co ltd inc corp llc gmbh jsc ojsc
pjsc cjsc ooo oao zao ao pao sa sas sarl srl spa plc pte pvt pty sdn bhd fze fzc fzco fzllc llp lp kk ag
kg bv nv oy oyj ab as sti ltda lda doo ood eood limited company corporation incorporated private public
joint stock anonim sirketi limitada youxian gongsi gufen zeren youxiangongsi the of and for a an de la und
ve i aktsionernoe aktsionernoye otvetstvennostyu federal unitary fgup fsue npp obshchestvo obschestvo
otkrytoe zakrytoe ogranichennoi ogranichennoy otvetstvennostyu s
"""
_FORMS = frozenset(_FORMS_TEXT.split())
_SHORT_TEXT = """
zavod=factory sanayi=industry ticaret=trade elektronik=electronic tsentr=center institut=institute
tech=technology invest=investment technologies=technology technical=technology sci=science
sciences=science scientific=science elec=electronic electronics=electronic intl=international
int=international inst=institute institutes=institute univ=university dev=development
developing=development eng=engineering ind=industry industrial=industry industries=industry
mfg=manufacturing manufacture=manufacturing res=research equip=equipment info=information
comm=communication communications=communication telecommunications=telecommunication natl=national
semiconductors=semiconductor systems=system services=service products=product materials=material
instruments=instrument networks=network solutions=solution enterprises=enterprise holdings=holding
trading=trade traders=trade components=component devices=device computers=computer computing=computer
microelectronics=microelectronic optoelectronics=optoelectronic photonics=photonic robotics=robot
robots=robot circuits=circuit laboratories=laboratory lab=laboratory labs=laboratory centre=center
centres=center acad=academy dept=department logistic=logistics aeronautics=aeronautic
aeronautical=aeronautic astronautics=astronautic astronautical=astronautic aerospace=aerospace
software=software mech=mechanical machinery=machine machines=machine electric=electrical chem=chemical
chemicals=chemical metals=metal minerals=mineral group=group grp=group hk=hongkong csic=cssc prc=china
chinese=china
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
jiguang=laser
"""
_SHORT = dict(pair.split("=") for pair in f"{_SHORT_TEXT} {_PINYIN_TEXT}".split())
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
_PLACES_TEXT = """
china hongkong macau taiwan beijing shanghai tianjin chongqing shenzhen guangzhou guangdong dongguan
foshan zhuhai huizhou jiangsu nanjing suzhou wuxi changzhou nantong xuzhou kunshan zhejiang hangzhou
ningbo wenzhou jiaxing shaoxing jinhua anhui hefei wuhu fujian fuzhou xiamen quanzhou jiangxi nanchang
ganzhou shandong jinan qingdao yantai weifang henan zhengzhou luoyang hubei wuhan xiangyang hunan changsha
zhuzhou guangxi nanning guilin hainan haikou sichuan chengdu mianyang guizhou guiyang yunnan kunming
shaanxi xian xianyang baoji gansu lanzhou qinghai xining ningxia yinchuan xinjiang urumqi liaoning
shenyang dalian jilin changchun heilongjiang harbin hebei shijiazhuang baoding langfang shanxi taiyuan
neimenggu innermongolia hohhot tibet lhasa singapore malaysia russia moscow petersburg iran tehran dubai
uae turkey istanbul pakistan india japan korea germany usa america asia pacific kowloon
"""
PLACES = frozenset(_PLACES_TEXT.split())
_COUNTED_TEXT = """
first second third fourth fifth sixth seventh eighth ninth tenth
"""
_NUMBERS = {word: str(at) for at, word in enumerate(_COUNTED_TEXT.split(), start=1)}
_ORDINAL = re.compile(r"0*(\d+)(?:st|nd|rd|th)?\Z")
# State groups that the lists write out in full and others by initials (CSIC became part of CSSC in 2019).
_GROUPS = {
    ("china", "electronic", "technology", "group"): "cetc",
    ("china", "aerospace", "science", "technology"): "casc",
    ("china", "aerospace", "science", "industry"): "casic",
    ("aviation", "industry", "china"): "avic",
    ("china", "state", "shipbuilding"): "cssc",
    ("china", "shipbuilding", "industry"): "cssc",
    ("china", "academy", "engineering", "physics"): "caep",
    ("china", "academy", "science"): "cas",
}
_JOINED = {("hong", "kong"): "hongkong", ("inner", "mongolia"): "innermongolia", ("xi", "an"): "xian"}
_COMMON_SHORTEST = 5  # letters of a common word that is taken for misspelt
_COMMON_FROM = 0.8
_LONGEST = 400  # characters of a name that are read


@lru_cache(maxsize=100_000)
def tokens(name: str) -> tuple[str, ...]:
    """Return the tokens of *name*, in order, each once; a name of legal forms alone gives its words."""
    text = plain_letters(name[:_LONGEST])
    found = latin_words(text) if has_chinese(text) else words(text)
    flat = [_SHORT.get(word, word) for word in _joined(found)]
    kept = [_number(word) for word in flat if word not in _FORMS and word != "no"]
    return tuple(dict.fromkeys(_initials(kept) or flat))


@lru_cache(maxsize=50_000)
def respelt_common(token: str) -> str | None:
    """Return the common word that *token* misspells ("tchnlgy"): "" for a legal form, None for none."""
    if len(token) < _COMMON_SHORTEST:
        return None
    near = _common_spellings().of(token)
    if not near or near[0][1] < _COMMON_FROM:
        return None
    word = near[0][0]
    return "" if word in _FORMS else _SHORT.get(word, word)


@lru_cache(maxsize=1)
def _common_spellings() -> Spellings:
    """Return the words that stand in the names of many firms, by how they may be misspelt."""
    return Spellings(sorted(_FORMS | set(_SHORT) | GENERIC))


def is_number(token: str) -> bool:
    """Return whether a token is a number: "54" of the 54th institute."""
    return token.isdigit()


def _initials(found: list[str]) -> list[str]:
    """Return the tokens with a group's name in full replaced by its initials."""
    for full, short in _GROUPS.items():
        for at in range(len(found) - len(full) + 1):
            if tuple(found[at : at + len(full)]) == full:
                return [*found[:at], short, *_initials(found[at + len(full) :])]
    return found


def _number(word: str) -> str:
    """Return a number's digits: 54th and 054 give 54, second gives 2; any other word as it is."""
    found = _ORDINAL.match(word)
    return found[1] if found else _NUMBERS.get(word, word)


def _joined(found: tuple[str, ...]) -> list[str]:
    """Return the words with places of two words as one."""
    out: list[str] = []
    for word in found:
        pair = (out[-1], word) if out else None
        if pair in _JOINED:
            out[-1] = _JOINED[pair]
        else:
            out.append(word)
    return out
