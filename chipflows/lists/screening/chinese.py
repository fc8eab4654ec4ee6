"""Chinese names in Latin words: parts that have an English word by a small dictionary, the rest as pinyin."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

__all__ = ["brands_in_pinyin", "has_chinese", "latin_words"]

_CHINESE = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_FORMS = re.compile(r"股份有限公司|有限责任公司|有限公司|有限合伙|股份公司|总公司|分公司|公司|株式会社")
# Words of organisations and of fields, in English as the lists write them. Our own translations.
_WORDS_TEXT = """
大学=university 学院=institute 研究院=institute 研究所=institute 研究中心=research_center 研究=research
科学院=academy_science 工程物理研究院=academy_engineering_physics 技术研究院=institute_technology
设计院=design_institute 设计=design 实验室=laboratory 中心=center 集团=group 控股=holding 工厂=factory
厂=factory 所=institute 院=academy 局=bureau 总局=bureau 学校=school 基地=base
公安部=ministry_public_security 公安局=security_bureau 公安厅=security_department
市公安局=municipal_security_bureau 县公安局=county_security_bureau 国家=national 国防=national_defense
中国=china 中华=china 国际=international 全球=global 重点=key 联合=united 投资=investment 贸易=trade
商贸=trade 进出口=import_export 实业=industry 产业=industry 工业=industry 重工=heavy_industry
企业=enterprise 发展=development 开发=development 管理=management 资产=asset 服务=service
供应链=supply_chain 物流=logistics 货运=freight 咨询=consulting 科技=technology 技术=technology 科学=science
工程=engineering 理工=science_technology 信息=information 通信=communication 通讯=communication 电信=telecom
网络=network 互联网=internet 数字=digital 数据=data 云计算=cloud_computer 云服务=cloud_service
大数据=big_data 计算机=computer 计算=computer 超算=supercomputer 超级计算=supercomputer
高性能=high_performance 软件=software 人工智能=artificial_intelligence 智能=intelligent 智慧=smart
机器人=robot 自动化=automation 控制=control 系统=system 安全=security 网络安全=cybersecurity 电子=electronic
微电子=microelectronic 光电子=optoelectronic 光电=optoelectronic 光学=optical 光子=photonic
光机=optics_mechanics 激光=laser 集成电路=integrated_circuit 电路=circuit 半导体=semiconductor 芯片=chip
存储=memory 晶圆=wafer 硅=silicon 封装=packaging 器件=device 元器件=component 元件=component 电器=electrical
电气=electrical 电机=motor 电池=battery 传感器=sensor 传感=sensing 雷达=radar 导航=navigation 卫星=satellite
遥感=remote_sensing 测控=measurement_control 仪器=instrument 仪表=instrument 设备=equipment 装备=equipment
机电=mechanical_electrical 机械=machine 精密=precision 制造=manufacturing 材料=material 新材料=new_material
复合材料=composite_material 金属=metal 粉末=powder 稀土=rare_earth 钢铁=steel 化工=chemical 化学=chemical
物理=physics 高压=high_pressure 数学=mathematics 生物=biological 生物科技=biotechnology
生物技术=biotechnology 基因=gene 医学=medical 医药=pharmaceutical 医疗=medical 能源=energy 新能源=new_energy
电力=power 核电=nuclear_power 核工业=nuclear_industry 石油=petroleum 天然气=gas 航空=aviation
航空电子=avionics 通用航空=general_aviation 航天=aerospace 空天=aerospace 航空航天=aeronautic_astronautic
宇航=aerospace 飞机=aircraft 直升机=helicopter 无人机=uav 无人系统=unmanned_system 发动机=engine
导弹=missile 火箭=rocket 船舶=shipbuilding 造船=shipbuilding 水声=underwater_acoustic 海洋=ocean 水利=water
汽车=automobile 车辆=vehicle 铁路=railway 轨道=rail 交通=transportation 运输=transport 建设=construction
建筑=construction 兵器=weapon 军事=military 国科=guoke 量子=quantum 动力=power 推进=propulsion
空气动力=aerodynamics 力学=mechanics 环境=environment 试验=testing 测试=testing 检测=testing 计量=metrology
认证=certification 创新=innovation 先进=advanced 前沿=frontier 应用=applied 高新=high_technology
高科技=high_technology 视觉=vision 视频=video 图像=image 语音=speech 超声=ultrasonic 红外=infrared
真空=vacuum 低温=cryogenic 纳米=nano 民族=minzu 纺织=textile 服装=garment 食品=food 农业=agriculture
北方=northern 南方=southern 东方=dongfang 西北=northwestern 华北=north_china 华东=east_china
华南=south_china 华中=central_china 西南=southwest 东北=northeastern 东南=southeast 长城=great_wall
熊猫=panda 火炬=torch 长江=changjiang 黄河=yellow_river
"""
# Brands whose English name is neither pinyin nor a translation; read as pinyin, the same brands in aliases.
_BRANDS_TEXT = """
长鑫=changxin 华为=huawei 海思=hisilicon 浪潮=inspur 曙光=sugon 中芯=smic 长江存储=yangtze_memory
寒武纪=cambricon 海光=hygon 飞腾=phytium 龙芯=loongson 摩尔线程=moore_threads 壁仞=biren 商汤=sensetime
旷视=megvii 科大讯飞=iflytek 海康威视=hikvision 大华=dahua 中兴=zte 大疆=dji 依图=yitu 云从=cloudwalk
云天励飞=intellifusion 宇视=uniview 拓荆=piotech 北方华创=naura 盛美=acm 华大九天=empyrean
合众思壮=unistrong 北斗星通=bdstar 国盾量子=quantumctek 思朗=smartlogic 算能=sophgo 比特大陆=bitmain
智谱=zhipu 燧原=enflame 沐曦=metax 天数智芯=iluvatar 昆仑芯=kunlunxin 紫光=unigroup 展锐=unisoc
韦尔=willsemi 汇顶=goodix 兆易=gigadevice 澜起=montage 华虹=huahong 华润微=crmicro 士兰微=silan 三安=sanan
通富=tongfu 长电=jcet 华天=huatian 安集=anji 中微=amec 凯世通=kingstone 精测=jingce 屹唐=mattson
上海微电子=smee 生工=sangon 擎科=tsingke 华大基因=bgi 光启=kuang_chi 莱斯=les 保利=poly 四维图新=navinfo
合盛=hoshine 大全=daqo 协鑫=gcl 隆基=longi 宁德时代=catl 比亚迪=byd 京东方=boe 移远=quectel 广和通=fibocom
禾赛=hesai 速腾=robosense 优必选=ubtech 宇树=unitree 道通=autel 极飞=xag 亿航=ehang 纵横=jouav
烽火=fiberhome 亨通=hengtong 长飞=yofc 新华三=h3c 星网锐捷=ruijie 深信服=sangfor 奇虎=qihoo 奇安信=qianxin
美亚柏科=meiya_pico 东软=neusoft 用友=yonyou 金蝶=kingdee 中科曙光=sugon 宁畅=nettrix 思腾合力=sitonholy
联众集群=linkzol 超聚变=xfusion 同方=tongfang 神州=digital_china 联想=lenovo 小米=xiaomi 腾讯=tencent
阿里巴巴=alibaba 百度=baidu 字节跳动=bytedance 鹏芯微=pengxinwei 鹏芯旭=pengxinxu 昇维旭=swaysure
新凯来=sicarrier 晋华=jinhua 武汉新芯=xmc 国微=smit 紫光国微=guoxin_micro 景嘉微=jingjia 中天=zhongtian
普天=potevio 大唐=datang 熊猫电子=panda_electronic
"""
# Institutions whose English name is not a translation of the parts.
_INSTITUTIONS_TEXT = """
哈尔滨工业大学=harbin_institute_technology 西北工业大学=northwestern_polytechnical_university
北京理工大学=beijing_institute_technology 南京理工大学=nanjing_university_science_technology
国防科技大学=national_university_defense_technology 国防科学技术大学=national_university_defense_technology
电子科技大学=university_electronic_science_technology_china
中国科学技术大学=university_science_technology_china 四川大学=sichuan_university
中山大学=sun_yat_sen_university 中国人民大学=renmin_university_china 清华大学=tsinghua_university
北京大学=peking_university 华中科技大学=huazhong_university_science_technology
广东工业大学=guangdong_university_technology 合肥工业大学=hefei_university_technology
大连理工大学=dalian_university_technology 北京邮电大学=beijing_university_posts_telecommunications
南昌大学=nanchang_university 同济大学=tongji_university 西安交通大学=xian_jiaotong_university
中国航天科技集团=casc 中国航天科工集团=casic 中国航空工业集团=avic 中国电子科技集团=cetc 中国船舶集团=cssc
中国船舶重工集团=cssc 中国兵器工业集团=norinco 中国工程物理研究院=caep 中国科学院=cas
国家超级计算=national_supercomputer 中国电子信息产业集团=china_electronic_corporation
中国空间技术研究院=china_academy_space_technology
中国运载火箭技术研究院=china_academy_launch_vehicle_technology
"""
# Where the English name is not the pinyin of the Chinese one.
_PLACES_TEXT = """
哈尔滨=harbin 西安=xian 呼和浩特=hohhot 内蒙古=innermongolia 西藏=tibet 香港=hongkong 澳门=macau
陕西=shaanxi 乌鲁木齐=urumqi 拉萨=lhasa 新加坡=singapore 马来西亚=malaysia 俄罗斯=russia 日本=japan
美国=america 台湾=taiwan 喀什=kashgar 和田=hotan 阿克苏=aksu 吐鲁番=turpan 库尔勒=korla 克拉玛依=karamay
伊犁=ili 厦门=xiamen 重庆=chongqing 长沙=changsha 长春=changchun 石河子=shihezi 昌吉=changji 哈密=hami
"""
# Places in pinyin, so that a name begins after them.
_PINYIN_PLACES_TEXT = """
北京 上海 天津 深圳 广州 广东 东莞 佛山 珠海 惠州 中山 汕头 江苏 南京 苏州 无锡 常州 南通 徐州 昆山 扬州
镇江 盐城 浙江 杭州 宁波 温州 嘉兴 绍兴 金华 台州 湖州 安徽 合肥 芜湖 蚌埠 福建 福州 泉州 江西 南昌 赣州
九江 山东 济南 青岛 烟台 潍坊 威海 淄博 河南 郑州 洛阳 新乡 湖北 武汉 襄阳 宜昌 湖南 株洲 湘潭 广西 南宁
桂林 海南 海口 四川 成都 绵阳 自贡 贵州 贵阳 遵义 云南 昆明 咸阳 宝鸡 汉中 甘肃 兰州 天水 青海 西宁 宁夏
银川 新疆 辽宁 沈阳 大连 鞍山 吉林 黑龙江 大庆 河北 石家庄 保定 廊坊 唐山 秦皇岛 山西 太原 大同 鄂尔多斯
包头 滨海 浦东 张江 中关村
"""
_WORDS = {
    pair.split("=")[0]: pair.split("=")[1].split("_")
    for pair in f"{_WORDS_TEXT} {_BRANDS_TEXT} {_INSTITUTIONS_TEXT} {_PLACES_TEXT}".split()
}
_PINYIN_PLACES = frozenset(_PINYIN_PLACES_TEXT.split())
_NUMERAL = re.compile(
    r"第([〇零一二三四五六七八九十百\d]+)|([〇零一二三四五六七八九十百]{2,})(?=研究|所|院|厂|局|室|部|工厂)"
)
_DIGITS = {digit: at for at, digit in enumerate("零一二三四五六七八九")} | {"〇": 0}
_LONGEST = max(map(len, _WORDS))
_ADMINISTRATIVE = re.compile(r"[省市县区]$")
_JOINING = re.compile(r"[与和及暨]")
_AS_NAMES = {"长": "chang", "厦": "xia", "单": "shan", "乐": "le"}  # as they sound in names


@lru_cache(maxsize=1)
def brands_in_pinyin() -> dict[str, str]:
    """Return {"tuojing": "piotech"}: brands of one English word by the pinyin of their Chinese name."""
    pairs = (pair.split("=") for pair in _BRANDS_TEXT.split())
    found = {_pinyin(chinese)[0]: english for chinese, english in pairs if "_" not in english}
    return {sound: english for sound, english in found.items() if sound != english}


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
            (n for n in range(min(_LONGEST, len(text) - at), 0, -1) if _is_word(text[at : at + n])), 0
        )
        if size:
            word = text[at : at + size]
            out.extend(_pinyin(rest))
            out.extend(_WORDS.get(word) or _pinyin(word))
            rest = ""
        else:
            rest += text[at]
        at += size or 1
    return out + _pinyin(rest)


def _is_word(text: str) -> bool:
    """Return whether *text* is a word of the dictionary or a place."""
    return text in _WORDS or text in _PINYIN_PLACES


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
    bare = _JOINING.sub("", _ADMINISTRATIVE.sub("", text) if len(text) > 2 or text in "省市县区" else text)
    if not bare:
        return []
    from pypinyin import lazy_pinyin

    sounds = lazy_pinyin(bare)
    if len(sounds) == len(bare):
        sounds = [_AS_NAMES.get(sign, sound) for sign, sound in zip(bare, sounds, strict=True)]
    return ["".join(sounds).lower()]


@lru_cache(maxsize=1)
def _simplified() -> Any:
    """Return the converter from traditional to simplified characters."""
    from opencc import OpenCC

    return OpenCC("t2s")
