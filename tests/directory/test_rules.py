"""The directory's rules, without a database."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.directory.rules.accounts import (
    AreaNotGrantable,
    Bureau,
    BureauMissing,
    FeedNotOfBureau,
    FeedsForBureausOnly,
    Grant,
    PasswordIsUsername,
    PasswordTooShort,
    RoleNotGrantable,
    check_grant,
    check_password,
    may_manage,
    scope_within,
)
from services.directory.rules.api_keys import (
    ApiKeyEnded,
    ExpiryInvalid,
    KeyState,
    expiry,
    new_secret,
    overlap_end,
    require_rotatable,
    successor_expiry,
)
from services.directory.rules.areas import Node, nest
from services.directory.rules.policies import (
    DatesReversed,
    LastDayPassed,
    PolicyEndsSooner,
    PolicyKindUnknown,
    check_body,
    check_last_day,
    check_span,
)
from services.directory.rules.sign_in import (
    AccountLocked,
    Attempts,
    Limits,
    after_failure,
    refresh_expiry,
    require_unlocked,
)
from shared.areas import Scope
from shared.errors import InvalidInput
from shared.ids import new_id
from shared.security.principals import Principal, Role

NOW = datetime(2026, 9, 1, 4, 0, tzinfo=UTC)  # noon in China
LIMITS = Limits(3, timedelta(minutes=15))
MINUTE = timedelta(minutes=1)
EDUCATION = Bureau(True, frozenset({"education.absence"}))


def who(role: Role, *areas: str) -> Principal:
    return Principal(new_id(), "account", role, Scope.parse(areas))


@pytest.mark.parametrize(
    ("inner", "outer", "within"),
    [
        (["539921"], ["*"], True),
        (["*"], ["*"], True),
        (["*"], ["539921"], False),
        (["539921101", "539921102"], ["539921"], True),
        (["539921101", "539901"], ["539921"], False),
        (["539921"], ["539921101"], False),
        ([], ["*"], False),
        (["539921"], [], False),
    ],
)
def test_a_scope_lies_within_another(inner: list[str], outer: list[str], within: bool) -> None:
    assert scope_within(Scope.parse(inner), Scope.parse(outer)) is within


def test_the_county_manages_those_below_it_and_nobody_else() -> None:
    county = who(Role.COUNTY, "539921")
    inside, outside = Scope.parse(["539921101"]), Scope.parse(["539801"])
    managed = {role for role in Role if may_manage(county, role, inside)}
    assert managed == {Role.VILLAGE, Role.TOWNSHIP, Role.BUREAU}
    assert not may_manage(county, Role.VILLAGE, outside)
    for role in (Role.VILLAGE, Role.TOWNSHIP, Role.BUREAU, Role.SUPERVISOR):
        assert not any(may_manage(who(role, "539921"), other, inside) for other in Role)


def test_nobody_grants_beyond_themselves() -> None:
    county, area = who(Role.COUNTY, "539921"), Scope.parse(["539921"])
    with pytest.raises(RoleNotGrantable):
        check_grant(county, Grant(Role.COUNTY, area), None)
    with pytest.raises(AreaNotGrantable):
        check_grant(county, Grant(Role.VILLAGE, Scope.everywhere()), None)
    with pytest.raises(AreaNotGrantable):
        check_grant(who(Role.ADMIN, "539921"), Grant(Role.ADMIN, Scope.everywhere()), None)
    check_grant(who(Role.ADMIN, "*"), Grant(Role.ADMIN, Scope.everywhere()), None)


def test_feeds_belong_to_bureaus() -> None:
    admin, area = who(Role.ADMIN, "*"), Scope.parse(["539921"])
    check_grant(admin, Grant(Role.BUREAU, area, frozenset({"education.absence"})), EDUCATION)
    with pytest.raises(FeedNotOfBureau):
        check_grant(admin, Grant(Role.BUREAU, area, frozenset({"medical.cost"})), EDUCATION)
    for organisation in (None, Bureau(False, frozenset())):
        with pytest.raises(BureauMissing):
            check_grant(admin, Grant(Role.BUREAU, area), organisation)
    with pytest.raises(FeedsForBureausOnly):
        check_grant(admin, Grant(Role.COUNTY, area, frozenset({"education.absence"})), EDUCATION)


def test_passwords_are_long_and_not_the_username() -> None:
    check_password("cadre", "ten chars!")
    with pytest.raises(PasswordTooShort):
        check_password("cadre", "nine char")
    with pytest.raises(PasswordIsUsername):
        check_password("v539921101200a", "V539921101200A")


def test_a_username_is_locked_after_so_many_failures_and_then_starts_anew() -> None:
    attempts = None
    for passed in range(2):
        attempts = after_failure(attempts, NOW + passed * MINUTE, LIMITS)
        require_unlocked(attempts, NOW + passed * MINUTE)
    attempts = after_failure(attempts, NOW + 2 * MINUTE, LIMITS)
    with pytest.raises(AccountLocked) as locked:
        require_unlocked(attempts, NOW + 16 * MINUTE)
    assert locked.value.params == {"retry_after": 60}
    require_unlocked(attempts, NOW + 17 * MINUTE)
    assert after_failure(attempts, NOW + 17 * MINUTE, LIMITS).failures == 1


def test_old_failures_are_forgotten() -> None:
    attempts = Attempts(2, NOW)
    assert after_failure(attempts, NOW + 15 * MINUTE, LIMITS).locked_until is not None
    assert after_failure(attempts, NOW + 16 * MINUTE, LIMITS) == Attempts(1, NOW + 16 * MINUTE)


def test_a_refresh_token_never_outlives_its_family() -> None:
    assert refresh_expiry(NOW + timedelta(days=1), NOW, timedelta(hours=12)) == NOW + timedelta(hours=12)
    assert refresh_expiry(NOW + timedelta(hours=1), NOW, timedelta(hours=12)) == NOW + timedelta(hours=1)


def test_a_key_ends_with_its_last_day_in_china() -> None:
    assert expiry(date(2026, 9, 1), NOW) == datetime(2026, 9, 1, 16, tzinfo=UTC)
    for day in (date(2026, 8, 31), date(2029, 9, 2)):
        with pytest.raises(ExpiryInvalid):
            expiry(day, NOW)


def test_secrets_differ_and_are_long() -> None:
    secrets = {new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert all(secret.startswith("sw_") and len(secret) == 46 for secret in secrets)


def test_a_rotated_key_goes_on_for_the_overlap_but_never_longer_than_before() -> None:
    key = KeyState(NOW - timedelta(days=100), NOW + timedelta(days=2), None, False)
    require_rotatable(key, NOW)
    assert overlap_end(key, NOW, 24) == NOW + timedelta(days=1)
    assert overlap_end(key, NOW, 72) == NOW + timedelta(days=2)
    assert successor_expiry(key, NOW) == NOW + timedelta(days=102)
    ended = [
        KeyState(NOW, NOW, None, False),
        KeyState(NOW, NOW + MINUTE, NOW, False),
        KeyState(NOW, NOW + MINUTE, None, True),
    ]
    for state in ended:
        with pytest.raises(ApiKeyEnded):
            require_rotatable(state, NOW)


def test_a_policy_ends_today_or_later_and_is_not_prolonged() -> None:
    today = date(2026, 9, 1)
    check_last_day(None, today, today)
    check_last_day(date(2026, 9, 2), date(2026, 9, 2), today)
    with pytest.raises(LastDayPassed):
        check_last_day(None, date(2026, 8, 31), today)
    with pytest.raises(PolicyEndsSooner):
        check_last_day(date(2026, 9, 2), date(2026, 9, 3), today)
    with pytest.raises(DatesReversed):
        check_span(today, date(2026, 8, 31))


def test_a_policy_holds_what_its_kind_says() -> None:
    assert check_body("case-merge", {"window": {"days": 30}}) == {"window": {"days": 30}}
    with pytest.raises(PolicyKindUnknown):
        check_body("nothing", {})
    with pytest.raises(InvalidInput) as refused:
        check_body("case-merge", {"window": {"days": 1, "hours": 1}, "x": 1})
    assert {fault.field: fault.code for fault in refused.value.faults} == {
        "body.window": "field-invalid",
        "body.x": "field-unknown",
    }


def test_a_tree_bridges_levels_that_are_left_out() -> None:
    codes = ("539921000000", "539921101200", "539921101201", "539921102000", "539921102200", "449900003000")
    roots = nest([Node(code, code, "", True, []) for code in reversed(codes)])
    assert [root.code for root in roots] == ["449900003000", "539921000000"]
    assert [child.code for child in roots[1].children] == ["539921101200", "539921101201", "539921102000"]
    assert [child.code for child in roots[1].children[2].children] == ["539921102200"]
