import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.landing.naming import NAMING, landed_spellings
from monitor.landing.rudder_names import TABLES, rudder_column, rudder_name, rudder_table


@pytest.mark.parametrize(
    ("planned", "new", "legacy"),
    [
        ("omega", "omega", "omega"),
        ("omega v2", "omega_v2", "omega_v_2"),
        ("9mega", "_9mega", "_9_mega"),
        ("1CComega", "_1cc_omega", "_1_c_comega"),
        ("mega&", "mega", "mega"),
        ("ome$ga", "ome_ga", "ome_ga"),
        ("omega$", "omega", "omega"),
        ("ome_ ga", "ome_ga", "ome_ga"),
        ("9mega________-________90", "_9mega_90", "_9_mega_90"),
        ("Cízǔ", "c_z", "c_z"),
        ("CamelCase123Key", "camel_case123_key", "camel_case_123_key"),
        ("path to $1,00,000", "path_to_1_00_000", "path_to_1_00_000"),
        ("&4yasdfa(84224_fs9##_____*3q", "_4yasdfa_84224_fs9_3q", "_4_yasdfa_84224_fs_9_3_q"),
        ("HTTPServerError", "http_server_error", "http_server_error"),
        ("Order Completed", "order_completed", "order_completed"),
        ("orderCompleted", "order_completed", "order_completed"),
        ("userID", "user_id", "user_id"),
        ("_timestamp", "_timestamp", "_timestamp"),
        ("__timestamp", "__timestamp", "__timestamp"),
        ("21ST century", "_21st_century", "_21st_century"),
        ("the 2nd", "the_2nd", "the_2nd"),
        ("注文", "", ""),
        ("", "", ""),
    ],
)
def test_rudderstack_names_land_as_its_transformer_writes_them(planned: str, new: str, legacy: str) -> None:
    assert rudder_name(planned) == new
    assert rudder_name(planned, divided=True) == legacy


@pytest.mark.parametrize("own", sorted(TABLES))
def test_an_event_called_like_one_of_rudderstacks_tables_lands_beside_it(own: str) -> None:
    assert rudder_table(own.capitalize()) == f"_{own}"


def test_the_rule_is_applied_twice_to_tables() -> None:
    assert rudder_table("a1B2", divided=True) == rudder_name(rudder_name("a1B2", divided=True), divided=True)
    assert rudder_table("9mega") == "_9mega"


def test_nested_properties_are_named_as_one() -> None:
    path = ("shippingAddress", "line2")
    assert rudder_column(path) == NAMING["rudderstack"](path) == "shipping_address_line2"
    assert NAMING["rudderstack_legacy"](path) == "shipping_address_line_2"


def test_a_name_that_postgres_cuts_or_a_warehouse_reserves_is_found() -> None:
    long = rudder_name("x" * 80)
    assert {long[:63], f"_{rudder_name('user')}"} <= {*landed_spellings(long), *landed_spellings("user")}


@given(st.text(alphabet=st.sampled_from("abzABZ0189__ -.$ßé\n"), max_size=14))
def test_a_landed_name_is_made_of_plain_characters(text: str) -> None:
    for divided in (False, True):
        named = rudder_name(text, divided=divided)
        assert named.isascii()
        assert set(named) <= set("abcdefghijklmnopqrstuvwxyz0123456789_")
        assert not named[:1].isdigit()
