"""Chinese names in Latin words: parts that have an English word by a small dictionary, the rest as pinyin."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from typing import Any

from chipflows import tables

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
研究总院=general_research_institute 总院=academy 设计研究院=design_research_institute 分院=branch
分所=branch 规划=planning 勘察=survey 勘探=exploration 测绘=surveying_mapping 工艺=technology
情报=information 标准化=standardization 标准=standard 协会=association 学会=society 联盟=alliance
委员会=commission 办公室=office 站=station 重点实验室=key_laboratory 国家重点实验室=state_key_laboratory
国家实验室=national_laboratory 事业部=division 医院=hospital 银行=bank 园区=park 产业园=industrial_park
开发区=development_zone 工业大学=university_technology 理工大学=university_science_technology
交通大学=jiaotong_university 邮电=posts_telecommunications 师范=normal 医科=medical 民航=civil_aviation
海事=maritime 林业=forestry 矿业=mining 财经=finance_economics 外国语=foreign_studies 职业=vocational
航空航天大学=university_aeronautics_astronautics 军医大学=military_medical_university
人民政府=peoples_government 自治区=autonomous_region 自治州=autonomous_prefecture 地区=prefecture
维吾尔=uyghur 蒙古=mongolian 哈萨克=kazakh 柯尔克孜=kirgiz 回族=hui 兵团=corps
生产建设兵团=production_construction_corps 公安=public_security 警察=police 警官=police 司法=justice
监狱=prison 解放军=peoples_liberation_army 中国人民解放军=peoples_liberation_army 海军=navy 空军=air_force
陆军=army 火箭军=rocket_force 军事科学院=academy_military_science
军事医学科学院=academy_military_medical_science 军事医学=military_medicine
医学科学院=academy_medical_science 农业科学院=academy_agricultural_science 社会科学院=academy_social_science
基础医学=basic_medicine 环境医学=environmental_medicine 卫生=hygiene 毒物药物=toxicology_pharmacology
毒理=toxicology 药理=pharmacology 流行病=epidemiology 微生物=microbiology 放射=radiation 辐射=radiation
输血=blood_transfusion 野战=field 兽医=veterinary 生物工程=bioengineering 生物物理=biophysics 遗传=genetics
病毒=virology 细胞=cell 基础=basic 疫苗=vaccine 诊断=diagnostic 制药=pharmaceutical 药业=pharmaceutical
医疗器械=medical_device 药物=drug 植物=botany 动物=zoology 声学=acoustics 电工=electrical_engineering
电子学=electronics 天文=astronomical 天文台=observatory 授时=time_service 空间=space
空间技术=space_technology 电源=power_source 光学精密机械=optics_fine_mechanics 光电技术=optics_electronics
高能物理=high_energy_physics 近代物理=modern_physics 应用物理=applied_physics 流体=fluid
流体物理=fluid_physics 等离子体=plasma 物质科学=physical_science 物质结构=structure_matter 硅酸盐=ceramics
有机化学=organic_chemistry 化学物理=chemical_physics 仿生=bionics 微系统=microsystem 地质=geology
地球物理=geophysics 地理=geography 大气=atmospheric 气象=meteorological 地震=earthquake 生态=ecology
数理=mathematics_physics 原子能=atomic_energy 核动力=nuclear_power 核技术=nuclear_technology
核物理=nuclear_physics 核=nuclear 激光聚变=laser_fusion 结构力学=structural_mechanics 结构=structure
强度=strength 总体工程=system_engineering 系统工程=system_engineering 总体设计=general_design 总体=general
计算数学=computational_mathematics 火炸药=explosive 炸药=explosive 弹药=ammunition 火炮=artillery 引信=fuze
夜视=night_vision 装甲=armor 火工=pyrotechnic 爆炸=explosion 含能=energetic 隐身=stealth 特种=special
特种车辆=special_vehicle 气动=aerodynamic 飞行器=aircraft 飞行=flight 试飞=flight_test 飞行试验=flight_test
运载火箭=launch_vehicle 发射=launch 固体=solid 液体=liquid 惯性=inertial 陀螺=gyro 伺服=servo 遥测=telemetry
遥控=telecontrol 测量=measurement 精密机电=precision_mechatronics 机电一体化=mechatronics 仿真=simulation
模拟=analog 电磁=electromagnetic 微波=microwave 天线=antenna 射频=radio_frequency 频率=frequency
无线电=radio 无线=wireless 晶体=crystal 压电=piezoelectric 磁性=magnetic 陶瓷=ceramic 光纤=optical_fiber
光缆=optical_cable 电缆=cable 连接器=connector 继电器=relay 电容=capacitor 传输=transmission
电子对抗=electronic_countermeasure 指挥=command 信息安全=information_security 密码=cryptography
计算技术=computing_technology 计算中心=computing_center 网络空间=cyberspace 太赫兹=terahertz
毫米波=millimeter_wave 光电子学=optoelectronic 电真空=vacuum_electronic 舰船=ship 舰艇=ship 船用=marine
海洋工程=ocean_engineering 柴油机=diesel_engine 汽轮机=steam_turbine 燃气轮机=gas_turbine 涡轮=turbine
鱼雷=torpedo 水下=underwater 潜艇=submarine 潜水=submersible 声纳=sonar 声呐=sonar 航道=waterway
疏浚=dredging 港湾=harbor 航运=shipping 海运=shipping 港口=port 机场=airport 航海=navigation 船厂=shipyard
直升机设计=helicopter_design 飞机设计=aircraft_design 飞机工业=aircraft_industry 民用飞机=civil_aircraft
商用飞机=commercial_aircraft 航空工业=aviation_industry 航空动力=aero_engine 航空发动机=aero_engine
无线电电子=radio_electronic 航空无线电电子=aeronautical_radio_electronic 材料工艺=material_technology
热加工=hot_working 热工=thermal_engineering 焊接=welding 铸造=casting 锻造=forging 机床=machine_tool
工具=tool 数控=numerical_control 轴承=bearing 齿轮=gear 液压=hydraulic 阀门=valve 泵=pump 模具=mold
重型=heavy 起重=lifting 锅炉=boiler
电站=power_station 电网=grid 国家电网=state_grid 南方电网=southern_power_grid 水电=hydropower
风电=wind_power 光伏=photovoltaic 太阳能=solar 储能=energy_storage 锂电=lithium_battery 电动=electric
燃料=fuel 氢能=hydrogen_energy 煤炭=coal 海洋石油=offshore_oil 油气=oil_gas 石化=petrochemical
有色金属=nonferrous_metal 有色=nonferrous 钛=titanium 钨=tungsten 铝业=aluminum 铜业=copper
碳纤维=carbon_fiber 碳=carbon 石墨=graphite 石墨烯=graphene 玻璃=glass 水泥=cement 橡胶=rubber 塑料=plastic
高分子=polymer 涂料=coating 薄膜=film 硅业=silicon 硅料=silicon 多晶硅=polysilicon 化合物=compound 气体=gas
纤维=fiber 棉=cotton 棉纺=cotton_textile 纺=textile 服饰=garment 发制品=hair_product 鞋业=shoe
电子材料=electronic_material 功率=power 掩模=mask 光罩=mask 光刻=lithography 刻蚀=etching 清洗=cleaning
抛光=polishing 沉积=deposition 外延=epitaxy 显示=display 照明=lighting 印制电路=printed_circuit
电路板=circuit_board 测控技术=measurement_control_technology 探测=detection 成像=imaging 影像=imaging
摄像=camera 识别=recognition 监控=surveillance 安防=security 安全技术=security_technology 消防=fire
服务器=server 集成=integrated 系统集成=system_integration 平台=platform 数据库=database
电子商务=electronic_commerce 物联网=internet_of_things 智能制造=intelligent_manufacturing
智能科技=intelligent_technology 智能系统=intelligent_system 智算=intelligent_computing 算力=computing_power
 大模型=large_model 模型=model 深度=deep 学习=learning 机器=machine 类脑=brain_inspired 电脑=computer
语言=language 文化=culture 传媒=media 媒体=media 教育=education 培训=training 金融=financial 资本=capital
基金=fund 租赁=leasing 保险=insurance 房地产=real_estate 置业=real_estate 工贸=industry_trade
外贸=foreign_trade 国际贸易=international_trade 商务=commerce 商业=commercial 经贸=economic_trade
经济技术=economic_technology 物资=material 器材=equipment 零部件=component 配件=parts 部件=component
整机=complete_machine 仪器仪表=instrument 科学仪器=scientific_instrument 光学仪器=optical_instrument
电子设备=electronic_equipment 电子元件=electronic_component 高新技术=high_technology 新技术=new_technology
先进技术=advanced_technology 技术开发=technology_development 技术服务=technology_service
科技发展=technology_development 科技创新=technology_innovation 工程技术=engineering_technology
应用技术=applied_technology 航空科技=aviation_technology 航天科技=aerospace_technology
环保=environmental_protection 环境保护=environmental_protection 水务=water 海关=customs 快递=express
速递=express 仓储=warehousing 供应=supply 代理=agency 旅游=tourism 酒店=hotel 超级=super
前沿科学=frontier_science 卓越=excellence 协同创新=collaborative_innovation 综合=comprehensive 高等=advanced
微尺度=microscale 多媒体=multimedia 市政=municipal 城市=urban 西部=western 东部=eastern
中部=central 中央=central 首都=capital 大洋=ocean 极地=polar
应用光学=applied_optics 光学研究所=optics_institute 警察学院=police_college 专科学校=college
职业技术学院=vocational_technical_college 设计部=design_department 超精密=ultra_precision 维修=maintenance
修理=repair 地面=ground 通用=general 飞艇=airship 浮空器=aerostat 气球=balloon 无人=unmanned 机载=airborne
弹道=ballistic 飞船=spacecraft 航天器=spacecraft 深空=deep_space 对地观测=earth_observation 深海=deep_sea
海底=submarine 海工=offshore 发电=power_generation 网安=cybersecurity 数码=digital
科工贸=science_industry_trade 交叉=interdisciplinary 工业技术研究院=industrial_technology_research_institute
产业技术研究院=industrial_technology_research_institute 高等研究院=institute_advanced_study 健康=health
生命科学=life_science 科学城=science_city 智慧城市=smart_city 公共安全=public_safety 应急=emergency
灾害=disaster 种业=seed 皮革=leather 棉业=cotton 番茄=tomato 制品=product 电子工业=electronic_industry
电子信息=electronic_information 信息产业=information_industry 工业互联网=industrial_internet
国际合作=international_cooperation 合作=cooperation 交流=exchange 服务中心=service_center 采购=procurement
招标=tendering 专用=special 民用=civil 军民融合=civil_military_fusion
"""
# Brands whose English name is neither pinyin nor a translation; read as pinyin, the same brands in aliases.
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
中科院=cas 北京航空航天大学=beihang_university 北航=beihang 哈工大=hit 哈工程=heu 西工大=npu 北理工=bit
南航=nuaa 南理工=njust 南京航空航天大学=nanjing_university_aeronautics_astronautics
西安电子科技大学=xidian_university
中国民航大学=civil_aviation_university_china 中国矿业大学=china_university_mining_technology
中国地质大学=china_university_geosciences 中国石油大学=china_university_petroleum
中国海洋大学=ocean_university_china 国防大学=national_defense_university 厦门大学=xiamen_university
上海交通大学=shanghai_jiao_tong_university 陆军工程大学=army_engineering_university
海军工程大学=naval_engineering_university 空军工程大学=air_force_engineering_university
火箭军工程大学=rocket_force_engineering_university 信息工程大学=information_engineering_university
航天工程大学=space_engineering_university 长春理工大学=changchun_university_science_technology
武汉理工大学=wuhan_university_technology 华南理工大学=south_china_university_technology
太原理工大学=taiyuan_university_technology 天津工业大学=tiangong_university
北京化工大学=beijing_university_chemical_technology 华北电力大学=north_china_electric_power_university
北京科技大学=university_science_technology_beijing 中北大学=north_university_china
西北大学=northwest_university 西南交通大学=southwest_jiaotong_university 中南大学=central_south_university
东南大学=southeast_university 东北大学=northeastern_university 南开大学=nankai_university
复旦大学=fudan_university 之江实验室=zhejiang_laboratory 鹏城实验室=peng_cheng_laboratory
紫金山实验室=purple_mountain_laboratory 紫金山天文台=purple_mountain_observatory
国家天文台=national_astronomical_observatories 空天信息创新研究院=aerospace_information_research_institute
国家授时中心=national_time_service_center 国家空间科学中心=national_space_science_center
合肥物质科学研究院=hefei_institute_physical_science 近地空间=near_space 信息科学=information_science
脑科学=brain_science 中国航天空气动力技术研究院=china_academy_aerospace_aerodynamics
中国飞行试验研究院=chinese_flight_test_establishment 中国工程院=chinese_academy_engineering
中国科学院大学=university_chinese_academy_science
中国电子科学研究院=china_academy_electronics_information_technology 中国计量=china_metrology
航天动力技术研究院=academy_aerospace_propulsion_technology 固体推进=solid_propulsion
液体推进=liquid_propulsion 上海航天技术研究院=shanghai_academy_spaceflight_technology
中国航天电子技术研究院=china_academy_aerospace_electronics_technology
中国信息通信研究院=china_academy_information_communication_technology 智源=zhiyuan 赛迪=ccid
智源人工智能研究院=academy_artificial_intelligence 量子信息科学研究院=academy_quantum_information_science
中国航空研究院=chinese_aeronautical_establishment 中国舰船研究设计中心=china_ship_development_design_center
中国船舶科学研究中心=china_ship_scientific_research_center
中国舰船研究院=china_ship_research_development_academy
机械科学研究总院=china_academy_machinery_science_technology
钢铁研究总院=central_iron_steel_research_institute
北京有色金属研究总院=general_research_institute_nonferrous_metal
"""
# Where the English name is not the pinyin of the Chinese one.
_PLACES_TEXT = """
哈尔滨=harbin 西安=xian 呼和浩特=hohhot 内蒙古=innermongolia 西藏=tibet 香港=hongkong 澳门=macau
陕西=shaanxi 乌鲁木齐=urumqi 拉萨=lhasa 新加坡=singapore 马来西亚=malaysia 俄罗斯=russia 日本=japan
美国=america 台湾=taiwan 喀什=kashgar 和田=hotan 阿克苏=aksu 吐鲁番=turpan 库尔勒=korla 克拉玛依=karamay
伊犁=ili 厦门=xiamen 重庆=chongqing 长沙=changsha 长春=changchun 石河子=shihezi 昌吉=changji 哈密=hami
锡林郭勒=xilingol 呼伦贝尔=hulunbuir 乌兰察布=ulanqab 齐齐哈尔=qiqihar 阿拉善=alxa 阿勒泰=altay 塔城=tacheng
博尔塔拉=bortala 巴音郭楞=bayingolin 克孜勒苏=kizilsu 图木舒克=tumxuk 五家渠=wujiaqu 阿拉尔=aral
莎车=yarkant 洛浦=lop 墨玉=moyu 皮山=pishan 疏勒=shule 霍城=huocheng 奎屯=kuytun 准东=zhundong 精河=jinghe
鄯善=shanshan 伊朗=iran 巴基斯坦=pakistan 韩国=korea 德国=germany 英国=uk 法国=france 越南=vietnam
泰国=thailand 印度=india 阿联酋=uae 迪拜=dubai 土耳其=turkey 亚洲=asia 欧洲=europe 亚太=asia_pacific
太平洋=pacific 非洲=africa 澳大利亚=australia 加拿大=canada 乌克兰=ukraine 白俄罗斯=belarus 九龙=kowloon
台北=taipei 高雄=kaohsiung 新竹=hsinchu 华盛顿=washington
"""
# Places in pinyin, so that a name begins after them.
_PINYIN_PLACES_TEXT = """
北京 上海 天津 深圳 广州 广东 东莞 佛山 珠海 惠州 中山 汕头 江苏 南京 苏州 无锡 常州 南通 徐州 昆山 扬州
镇江 盐城 浙江 杭州 宁波 温州 嘉兴 绍兴 金华 台州 湖州 安徽 合肥 芜湖 蚌埠 福建 福州 泉州 江西 南昌 赣州
九江 山东 济南 青岛 烟台 潍坊 威海 淄博 河南 郑州 洛阳 新乡 湖北 武汉 襄阳 宜昌 湖南 株洲 湘潭 广西 南宁
桂林 海南 海口 四川 成都 绵阳 自贡 贵州 贵阳 遵义 云南 昆明 咸阳 宝鸡 汉中 甘肃 兰州 天水 青海 西宁 宁夏
银川 新疆 辽宁 沈阳 大连 鞍山 吉林 黑龙江 大庆 河北 石家庄 保定 廊坊 唐山 秦皇岛 山西 太原 大同 鄂尔多斯
包头 滨海 浦东 张江 中关村
衡阳 岳阳 常德 郴州 德阳 泸州 南充 内江 宜宾 攀枝花 遂宁 广元 达州 柳州 北海 三亚 文昌 漳州 莆田 龙岩 宁德
江门 肇庆 湛江 茂名 梅州 清远 汕尾 河源 韶关 揭阳 连云港 淮安 宿迁 泰州 常熟 张家港 太仓 江阴 宜兴 丹阳 衢州
丽水 舟山 余姚 慈溪 义乌 桐乡 海宁 诸暨 马鞍山 安庆 滁州 阜阳 铜陵 宣城 池州 六安 淮南 淮北 景德镇 上饶 宜春
抚州 新余 鹰潭 萍乡 泰安 临沂 德州 聊城 滨州 菏泽 济宁 东营 日照 枣庄 莱芜 开封 安阳 许昌 平顶山 南阳 信阳
商丘 焦作 驻马店 黄石 荆州 十堰 孝感 荆门 鄂州 黄冈 咸宁 恩施 运城 临汾 长治 晋城 晋中 忻州 榆林 延安 渭南
商洛 杨凌 白银 酒泉 嘉峪关 张掖 格尔木 石嘴山 吴忠 锦州 抚顺 本溪 丹东 营口 辽阳 盘锦 铁岭 葫芦岛 四平 延边
通化 牡丹江 佳木斯 邯郸 邢台 沧州 张家口 承德 衡水 雄安 涿州 乌海 赤峰 通辽 曲靖 玉溪 昭通 丽江 安顺 六盘水
毕节 铜仁 贵安 海淀 丰台 大兴 亦庄 昌平 顺义 房山 怀柔 嘉定 松江 闵行 临港 奉贤 青浦 徐汇 杨浦 两江 天府
前海 横琴 南沙 龙岗 宝安 福田 相城 吴江 江宁 余杭 萧山 光谷 武清 津南 泰达 西咸
"""
_PINYIN_PLACES = frozenset(_PINYIN_PLACES_TEXT.split())
_NUMERAL = re.compile(
    r"第([〇零一二三四五六七八九十百\d]+)|([〇零一二三四五六七八九十百]{2,})(?=研究|所|院|厂|局|室|部|工厂)"
)
_NUMBERED_ACADEMY = re.compile(r"(?<=\d )研究院")  # the third 研究院 of a group is its third academy
_DIGITS = {digit: at for at, digit in enumerate("零一二三四五六七八九")} | {"〇": 0}
_ADMINISTRATIVE = re.compile(r"[省市县区]$")
_JOINING = re.compile(r"[与和及暨]")
_AS_NAMES = {"长": "chang", "厦": "xia", "单": "shan", "乐": "le"}  # as they sound in names


@lru_cache(maxsize=1)
def _brands() -> dict[str, list[str]]:
    """Return {"拓荆": ["piotech"]}: what firms call themselves in English."""
    held = tables.table("brand_names")
    return {chinese: brand.split() for chinese, brand in zip(held["name_zh"], held["brand"], strict=True)}


@lru_cache(maxsize=1)
def _words() -> dict[str, list[str]]:
    """Return the dictionary: English words by Chinese ones."""
    pairs = (pair.split("=") for pair in f"{_WORDS_TEXT} {_INSTITUTIONS_TEXT} {_PLACES_TEXT}".split())
    return _brands() | {chinese: english.split("_") for chinese, english in pairs}


@lru_cache(maxsize=1)
def _longest() -> int:
    """Return how many characters the longest word of the dictionary has."""
    return max(map(len, _words()))


@lru_cache(maxsize=1)
def brands_in_pinyin() -> dict[str, tuple[str, ...]]:
    """Return {"tuojing": ("piotech",)}: brands of one English word by the pinyin of their Chinese name."""
    found: dict[str, list[str]] = defaultdict(list)
    for chinese, brand in _brands().items():
        sound = _pinyin(chinese)[0]
        if len(brand) == 1 and brand[0] != sound:
            found[sound].append(brand[0])
    return {sound: tuple(brands) for sound, brands in found.items()}


def has_chinese(text: str) -> bool:
    """Return whether *text* holds a Chinese character."""
    return bool(_CHINESE.search(text))


def latin_words(text: str) -> tuple[str, ...]:
    """Return the words of a name in Chinese, or in Chinese and Latin letters, in order and in lower case.

    Traditional characters count as simplified ones. Legal forms are dropped, brackets read through.
    """
    flat = _FORMS.sub(" ", _simplified().convert(text))
    flat = _NUMERAL.sub(lambda found: f" {_value(found[1] or found[2])} ", flat)
    flat = _NUMBERED_ACADEMY.sub("院", flat)
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
            (n for n in range(min(_longest(), len(text) - at), 0, -1) if _is_word(text[at : at + n])), 0
        )
        if size:
            word = text[at : at + size]
            out.extend(_pinyin(rest))
            out.extend(_words().get(word) or _pinyin(word))
            rest = ""
        else:
            rest += text[at]
        at += size or 1
    return out + _pinyin(rest)


def _is_word(text: str) -> bool:
    """Return whether *text* is a word of the dictionary or a place."""
    return text in _words() or text in _PINYIN_PLACES


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
