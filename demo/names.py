"""Names of people who do not exist: surnames by how common they are, given names by sex and generation."""

from random import Random

from shared.idnumber import Sex

_COMMON = "王李张刘陈杨赵黄周吴"
_FREQUENT = "徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_RARER = (
    "苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
    "施陶洪申晏虎禄安陇卯姬母聂岳温毕蒙柏管代阮骆蔺"
)
SURNAMES: tuple[str, ...] = (*(_COMMON * 24 + _FREQUENT * 6 + _RARER), "欧阳", "上官", "诸葛", "司马")

_MEN = {
    1900: "国德明正文光世天富贵发福寿荣华永兴昌顺长全友才忠孝义仁礼学朝廷开元先登云祥泰盛万有成其应",
    1960: "建军国强卫东志伟勇刚平明华林生春波涛辉斌峰杰毅力新民和利江洪兵云龙飞雄荣贵富才发友元良",
    1985: "伟杰涛鹏超磊浩凯亮俊斌鑫龙飞宇波威洋健帅辉峰旭阳坤锋博彬晨翔雷东明勇毅文志成海林森",
    2003: "浩宇轩泽子梓睿博文俊杰晨皓然天佑铭嘉辰奕航昊煜瑞霖思源家豪宏毅明哲景行承恩乐安一诺星恒远",
}
_WOMEN = {
    1900: "秀英兰珍芬翠莲玉桂芳琼仙凤淑贞连素华菊香美云银金春会朝光正文德元福寿珠彩焕巧素",
    1960: "丽艳红梅燕芳霞敏静玲娟萍英琼芬华琴兰会美珍群平莉蓉秀菊香云翠凤花莲春芝丽润",
    1985: "婷静雪丹丽娜倩敏洁颖莹慧琳玲瑶艳晶佳欢蕾娟梅露青萍薇璐霞芳燕思文晓雨小春艺云玉",
    2003: "欣怡子涵梓萱雨桐诗琪梦瑶语嫣思佳馨悦可心一诺若曦雅静芷晴依婷紫妍嘉怡沐兮念安乐瑶星然佳慧",
}
_ONE_CHARACTER = {1900: 0.12, 1960: 0.3, 1985: 0.28, 2003: 0.15}
"""How many of a generation have a given name of one character."""


def surname(rng: Random) -> str:
    """A surname (姓), a common one more often."""
    return rng.choice(SURNAMES)


def given_name(rng: Random, sex: Sex, born: int, generation: str = "") -> str:
    """A given name (名) as people born in the year `born` have it.

    `generation` is the character (字辈) that brothers and sisters of some families share; it comes first.
    """
    cohort = 2003 if born >= 2003 else 1985 if born >= 1985 else 1960 if born >= 1960 else 1900
    characters = (_MEN if sex == "1" else _WOMEN)[cohort]
    if generation:
        return generation + rng.choice(characters)
    if rng.random() < _ONE_CHARACTER[cohort]:
        return rng.choice(characters)
    return rng.choice(characters) + rng.choice(characters)
