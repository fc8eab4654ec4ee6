"""Chinese names in Latin words: parts that have an English word by a small dictionary, the rest as pinyin."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

__all__ = ["has_chinese", "latin_words"]

_CHINESE = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_FORMS = re.compile(
    r"股份有限公司|有限责任公司|有限公司|有限合伙|股份公司|总公司|分公司|公司|株式会社|（[^）]{0,3}）|\([^)]{0,2}\)"
)
# Words of organisations and of fields, in English as the lists write them. Our own translations.
_WORDS_TEXT = """
大学=university 学院=institute 研究院=academy 研究所=research_institute 研究中心=research_center
科学院=academy_science 设计院=design_institute 实验室=laboratory 中心=center 集团=group 控股=holding
工厂=factory 厂=factory 所=institute 院=academy 局=bureau 部=department 总局=bureau 学校=school 基地=base
公安部=ministry_public_security 国家=national 国防=national_defense 中国=china 中华=china
国际=international 全球=global 重点=key 联合=united 投资=investment 贸易=trade 进出口=import_export
实业=industry 产业=industry 工业=industry 企业=enterprise 发展=development 开发=development
管理=management 服务=service 供应链=supply_chain 物流=logistics 咨询=consulting 科技=technology
技术=technology 科学=science 工程=engineering 理工=science_technology 信息=information 通信=communication
通讯=communication 电信=telecom 网络=network 互联网=internet 数字=digital 数据=data 云计算=cloud_computer
云=cloud 计算机=computer 计算=computer 超算=supercomputer 超级计算=supercomputer 软件=software
人工智能=artificial_intelligence 智能=intelligent 智慧=smart 机器人=robot 自动化=automation 控制=control
系统=system 安全=security 电子=electronic 微电子=microelectronic 光电子=optoelectronic 光电=optoelectronic
光学=optical 光子=photonic 激光=laser 集成电路=integrated_circuit 半导体=semiconductor 芯片=chip
存储=memory 晶圆=wafer 器件=device 元件=component 传感器=sensor 雷达=radar 导航=navigation 卫星=satellite
遥感=remote_sensing 测控=measurement_control 仪器=instrument 仪表=instrument 设备=equipment 装备=equipment
机械=machine 精密=precision 制造=manufacturing 材料=material 金属=metal 钢铁=steel 化工=chemical
化学=chemical 物理=physics 数学=mathematics 生物=biological 医药=pharmaceutical 医疗=medical 能源=energy
新能源=new_energy 电力=power 核=nuclear 核工业=nuclear_industry 石油=petroleum 天然气=gas 航空=aviation
航天=aerospace 航空航天=aeronautic_astronautic 宇航=aerospace 飞机=aircraft 无人机=uav 发动机=engine
船舶=shipbuilding 造船=shipbuilding 海洋=ocean 汽车=automobile 铁路=railway 轨道=rail 交通=transportation
建设=construction 建筑=construction 兵器=weapon 军事=military 国科=guoke 量子=quantum 动力=power
推进=propulsion 空气动力=aerodynamic 力学=mechanics 测试=testing 检测=testing 认证=certification
创新=innovation 先进=advanced 新=new 高新=high_technology 视觉=vision 民族=minzu 北方=northern
南方=southern 东方=dongfang 西北=northwestern 华北=north_china 西南=southwest 东北=northeastern
东南=southeast 长城=great_wall 长江=changjiang 长鑫=changxin 华为=huawei 海思=hisilicon 浪潮=inspur
曙光=sugon 中芯=smic 长江存储=yangtze_memory 寒武纪=cambricon 海光=hygon 飞腾=phytium 龙芯=loongson
摩尔线程=moore_threads 壁仞=biren 商汤=sensetime 旷视=megvii 科大讯飞=iflytek 海康威视=hikvision
大华=dahua 中兴=zte 大疆=dji 依图=yitu
"""
# Institutions whose English name is not a translation of the parts.
_INSTITUTIONS_TEXT = """
哈尔滨工业大学=harbin_institute_technology 西北工业大学=northwestern_polytechnical_university
北京理工大学=beijing_institute_technology 南京理工大学=nanjing_university_science_technology
国防科技大学=national_university_defense_technology
国防科学技术大学=national_university_defense_technology
电子科技大学=university_electronic_science_technology_china
中国科学技术大学=university_science_technology_china 四川大学=sichuan_university
中山大学=sun_yat_sen_university 中国人民大学=renmin_university_china 清华大学=tsinghua_university
北京大学=peking_university 华中科技大学=huazhong_university_science_technology
"""
# Where the English name is not the pinyin of the Chinese one.
_PLACES_TEXT = """
哈尔滨=harbin 西安=xian 呼和浩特=hohhot 内蒙古=innermongolia 西藏=tibet 香港=hongkong 澳门=macau
陕西=shaanxi 乌鲁木齐=urumqi 拉萨=lhasa 新加坡=singapore 马来西亚=malaysia 俄罗斯=russia 日本=japan
美国=america 台湾=taiwan
"""
_WORDS = {
    pair.split("=")[0]: pair.split("=")[1].split("_")
    for pair in f"{_WORDS_TEXT} {_INSTITUTIONS_TEXT} {_PLACES_TEXT}".split()
}
_NUMERAL = re.compile(
    r"第([〇零一二三四五六七八九十百\d]+)|([〇零一二三四五六七八九十百]{2,})(?=研究|所|院|厂|局|室|部|工厂)"
)
_DIGITS = {digit: at for at, digit in enumerate("零一二三四五六七八九")} | {"〇": 0}
_LONGEST = max(map(len, _WORDS))
_ADMINISTRATIVE = re.compile(r"[省市县区]$")


def has_chinese(text: str) -> bool:
    """Return whether *text* holds a Chinese character."""
    return bool(_CHINESE.search(text))


def latin_words(text: str) -> tuple[str, ...]:
    """Return the words of a name in Chinese, or in Chinese and Latin letters, in order and in lower case.

    Traditional characters count as simplified ones. Legal forms are dropped, brackets read through.
    """
    flat = _FORMS.sub(" ", _simplified().convert(text))
    flat = _NUMERAL.sub(lambda found: f" {_value(found[1] or found[2])} ", flat)
    found: list[str] = []
    for part in re.findall(r"[\u3400-\u9fff\uf900-\ufaff]+|[A-Za-z0-9]+", flat):
        found.extend(_segmented(part) if has_chinese(part) else [part.lower()])
    return tuple(found)


def _segmented(text: str) -> list[str]:
    """Return the words of Chinese *text*: the longest dictionary words, and pinyin between them."""
    out: list[str] = []
    at, rest = 0, ""
    while at < len(text):
        size = next(
            (n for n in range(min(_LONGEST, len(text) - at), 0, -1) if text[at : at + n] in _WORDS), 0
        )
        if size:
            out.extend(_pinyin(rest))
            out.extend(_WORDS[text[at : at + size]])
            rest = ""
        else:
            rest += text[at]
        at += size or 1
    return out + _pinyin(rest)


def _value(numeral: str) -> str:
    """Return a Chinese numeral in digits: 五十四 and 五四 give 54."""
    if numeral.isdigit():
        return numeral
    if not set(numeral) & set("十百"):
        return str(int("".join(str(_DIGITS[digit]) for digit in numeral)))
    total, current = 0, 0
    for sign in numeral:
        unit = {"十": 10, "百": 100}.get(sign)
        if unit:
            total, current = total + (current or 1) * unit, 0
        else:
            current = _DIGITS[sign]
    return str(total + current)


def _pinyin(text: str) -> list[str]:
    """Return *text* as one word of pinyin: a name is one word in the lists (华芯: huaxin)."""
    bare = _ADMINISTRATIVE.sub("", text) if len(text) > 2 else text
    if not bare:
        return []
    from pypinyin import lazy_pinyin

    return ["".join(lazy_pinyin(bare)).lower()]


@lru_cache(maxsize=1)
def _simplified() -> Any:
    """Return the converter from traditional to simplified characters."""
    from opencc import OpenCC

    return OpenCC("t2s")
