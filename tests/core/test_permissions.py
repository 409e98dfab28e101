import pytest
from django.contrib.auth.models import AnonymousUser, Group, User

from config.core.permissions import ALLOWED, Action, Role, may

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(north):
    def with_role(*names: str, **changes: object) -> User:
        user = User.objects.create(username="-".join(names) or "nobody", **changes)
        user.groups.set([Group.objects.get_or_create(name=name)[0] for name in names])
        return user

    return with_role


def test_it_lets_finance_reconcile_and_not_write_to_a_marketplace(person):
    user = person(Role.FINANCE)
    assert may(user, Action.RECONCILE)
    assert not may(user, Action.WRITE_MARKETPLACE)


def test_it_lets_a_viewer_look_and_do_nothing_else(person):
    user = person(Role.VIEWER)
    assert {action for action in Action if may(user, action)} == {Action.VIEW, Action.VIEW_MONEY}


@pytest.mark.parametrize("changes", [{"is_active": False}, {}])
def test_it_allows_nothing_to_a_stranger(person, changes):
    stranger = person(**changes)
    assert not any(may(stranger, action) for action in Action)
    assert not any(may(AnonymousUser(), action) for action in Action)


def test_it_gives_an_inactive_superuser_nothing(person):
    assert not may(person(is_superuser=True, is_active=False), Action.VIEW)
    assert may(User(username="root", is_superuser=True), Action.ADMINISTER)


def test_it_has_a_row_for_every_action():
    assert set(ALLOWED) == set(Action)
