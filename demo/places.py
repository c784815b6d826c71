"""The places of a county that does not exist: Yunxiu (云岫县), its townships, villages and hamlets.

Its code 539921 lies in 5399, a prefecture nobody has assigned, so no area, ID number or household of the demo can
be a real one. (539900 would be that prefecture itself: a county's own group must not be zero.)
"""

from dataclasses import dataclass
from functools import cache
from random import Random

from shared.areas import AreaCode, normalise

COUNTY = normalise("539921")
COUNTY_NAME = "云岫县"
NEIGHBOURS = tuple(f"5399{county}" for county in range(22, 30))
"""Prefixes of ID numbers issued next door, as unassigned as ours: people marry across the border."""

TOWNSHIPS = (  # code in the county, name, communities (社区), villages (村); 001 street, 100 town, 200 township
    ("001", "云岫街道", 7, 1),
    ("002", "东屏街道", 6, 2),
    ("003", "南桥街道", 6, 2),
    ("100", "青石镇", 2, 7),
    ("101", "白鹭镇", 2, 7),
    ("102", "龙泉镇", 2, 7),
    ("103", "大河镇", 2, 7),
    ("104", "盐井镇", 2, 7),
    ("105", "茶园镇", 2, 7),
    ("106", "双桥镇", 1, 8),
    ("107", "牛场镇", 1, 8),
    ("108", "花椒镇", 1, 8),
    ("109", "古渡镇", 1, 8),
    ("110", "黑树镇", 1, 8),
    ("111", "石门镇", 1, 8),
    ("112", "竹海镇", 1, 8),
    ("113", "鱼塘镇", 1, 8),
    ("114", "杉坪镇", 1, 8),
    ("200", "云岭乡", 1, 8),
    ("201", "鹰嘴乡", 1, 8),
    ("202", "雪山乡", 1, 8),
    ("203", "松林乡", 1, 8),
    ("204", "羊场乡", 1, 8),
    ("205", "马鞍乡", 0, 8),
    ("206", "落水乡", 0, 8),
    ("207", "麻园乡", 0, 8),
    ("208", "野梅乡", 0, 8),
    ("209", "高坎乡", 0, 8),
    ("210", "清溪乡", 0, 8),
    ("211", "箐口乡", 0, 8),
)

_COMMUNITIES = tuple(
    f"{name}社区"
    for name in (
        *("团结", "和平", "建设", "东升", "振兴", "文化", "北门", "西苑", "南苑", "东苑", "河滨", "迎宾", "幸福"),
        *("安居", "光明", "新城", "老街", "书院", "凤鸣", "朝阳", "康乐", "友谊", "富民", "向阳", "同心", "锦绣"),
        *("金桥", "明德", "吉祥", "平安", "春晖", "兴隆", "永安", "祥和", "民主", "太平", "长青", "福源", "新华"),
        *("龙翔", "瑞云", "惠民", "仁和", "崇文", "翠屏", "桂园", "月亮湾", "青年"),
    )
)
_VILLAGES = tuple(
    f"{first}{last}村"
    for first in "青石龙双白黑金银大高花古松竹梅桐柏云水红新老柳桂"
    for last in "坪坝沟湾箐梁田坡屯塘岩林溪井坎"
)
_HAMLET_LANDS = ("湾", "寨", "坪", "坝", "沟", "梁子", "院子", "田坝", "老屋", "岩脚", "坡上", "沟头")
_HAMLET_FAMILIES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"


@dataclass(frozen=True, slots=True)
class Village:
    """A village or community, its share of the county's households, and its hamlets (自然村)."""

    code: AreaCode
    name: str
    weight: float
    hamlets: tuple[str, ...]


@cache
def villages() -> tuple[Village, ...]:
    """All 260, in the order of their codes; the same on every call and every machine."""
    rng = Random(COUNTY)
    communities = iter(rng.sample(_COMMUNITIES, len(_COMMUNITIES)))
    rural = iter(rng.sample(_VILLAGES, len(_VILLAGES)))
    found = []
    for township, _, urban_count, rural_count in TOWNSHIPS:
        found += [_village(rng, township, 1 + i, next(communities), 1.6) for i in range(urban_count)]
        found += [_village(rng, township, 200 + i, next(rural), 1.0) for i in range(rural_count)]
    return tuple(found)


def _village(rng: Random, township: str, number: int, name: str, weight: float) -> Village:
    hamlets = {rng.choice(_HAMLET_FAMILIES) + "家" + rng.choice(_HAMLET_LANDS) for _ in range(rng.randint(6, 14))}
    code = normalise(f"{COUNTY[:6]}{township}{number:03}")
    return Village(code, name, weight * rng.lognormvariate(0, 0.35), tuple(sorted(hamlets)))
