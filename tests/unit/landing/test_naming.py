import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.landing.naming import (
    NAMING,
    jitsu_name,
    landed_spellings,
    mixpanel_key,
    segment_name,
    snowplow_column,
    snowplow_columns,
    snowplow_field,
    snowplow_recovered,
    snowplow_stem,
    snowplow_table,
)


def by_bytes(text: str) -> str:  # noqa: C901 - the algorithm of design/landings.md, byte by byte, as the reference
    """Segment's rule as its documents tell it: one loop over bytes, no regular expressions."""
    s = text.encode()
    lower, upper, digit = range(97, 123), range(65, 91), range(48, 58)
    i, has_lower, has_underscore, lower_since = 0, False, False, False
    while i < len(s):
        if s[i] in lower:
            has_lower = lower_since = True
        elif s[i] == 95 and 0 < i < len(s) - 1 and (s[i + 1] in lower or s[i + 1] in digit):
            has_underscore, lower_since = True, False
        elif s[i] not in digit:
            break
        i += 1
    if i == len(s):
        return text
    out = bytearray(s[:i])

    def take() -> None:
        nonlocal i
        while i < len(s) and (s[i] in upper or s[i] in digit):
            out.extend(bytes([s[i]]).lower())
            i += 1
        while i < len(s) and (s[i] in lower or s[i] in digit):
            out.append(s[i])
            i += 1

    if s[i] in upper and (not has_lower or (has_underscore and not lower_since)):
        take()
    while i < len(s):
        if s[i] not in lower and s[i] not in upper and s[i] not in digit:
            i += 1
            continue
        if out:
            out.append(95)
        take()
    return out.decode()


@pytest.mark.parametrize(
    ("planned", "landed"),
    [
        ("Order Completed", "order_completed"),
        ("orderCompleted", "order_completed"),
        ("order_completed", "order_completed"),
        ("HTTPServerError", "httpserver_error"),
        ("iOS App", "i_os_app"),
        ("_private", "private"),
        ("private_", "private"),
        ("2FA", "2fa"),
        ("2FA Enabled", "2fa_enabled"),
        ("foo_2Bar", "foo_2bar"),
        ("foo_Bar", "foo_bar"),
        ("v2Beta", "v2_beta"),
        ("a__b", "a_b"),
        ("   $#$sample   2    Text   ", "sample_2_text"),
        ("___$$Base64Encode", "base64_encode"),
        ("FOO:BAR$BAZ", "foo_bar_baz"),
        ("$something%", "something"),
        ("•¶§ƒ˚foo˙∆˚¬", "foo"),
        ("Größe", "gr_e"),
        ("注文", ""),
        ("", ""),
        ("line\nbreak", "line_break"),
    ],
)
def test_segment_names_land_as_its_library_writes_them(planned: str, landed: str) -> None:
    assert segment_name(planned) == landed
    assert by_bytes(planned) == landed


@given(st.text(alphabet=st.sampled_from("abzABZ0189__ -.$ßé\n"), max_size=12) | st.text(max_size=12))
def test_the_segment_rule_equals_its_byte_by_byte_telling(text: str) -> None:
    assert segment_name(text) == by_bytes(text)


@given(st.text(max_size=20))
def test_a_landed_segment_name_lands_unchanged(text: str) -> None:
    once = segment_name(text)
    assert segment_name(once) == once


@given(st.text(max_size=20))
def test_a_landed_snowplow_key_lands_unchanged(text: str) -> None:
    once = snowplow_field(text)
    assert snowplow_field(once) == once


@pytest.mark.parametrize(
    ("key", "landed"),
    [
        ("elapsedTime", "elapsed_time"),
        ("elapsed_time", "elapsed_time"),
        ("HTTPRequest", "http_request"),
        ("targetURL", "target_url"),
        ("URLTarget", "url_target"),
        ("first-name", "first_name"),
        ("$schema", "_schema"),
        ("2nd", "_2nd"),
        ("größe", "gr__e"),
        ("Kelvin", "kelvin"),
        ("", ""),
    ],
)
def test_snowplow_keys_land_in_its_snake_case(key: str, landed: str) -> None:
    assert snowplow_field(key) == landed


def test_snowplow_has_one_rule_for_keys_and_another_for_columns() -> None:
    assert snowplow_field("HTTPRequest") == "http_request"
    assert snowplow_stem("com.acme", "HTTPRequest") == "unstruct_event_com_acme_httprequest"
    assert (
        snowplow_column("com.Acme-Shop", "ad.Click-through", "2") == "unstruct_event_com_acme_shop_ad_click_through_2"
    )


STEM = "unstruct_event_com_acme_order"


def test_all_forms_of_one_model_are_found_the_newest_first() -> None:
    landed = [
        f"{STEM}_1_0_0",
        f"{STEM}_1_0_10",
        f"{STEM}_1_0_9",
        f"{STEM}_1_recovered_1_0_1_9a8b7c6d",
        f"{STEM}_1_0_1_recovered_42",
        f"{STEM}_1",
    ]
    assert snowplow_columns("com.acme", "order", "1", landed) == (
        f"{STEM}_1",
        f"{STEM}_1_0_10",
        f"{STEM}_1_0_9",
        f"{STEM}_1_0_0",
        f"{STEM}_1_recovered_1_0_1_9a8b7c6d",
        f"{STEM}_1_0_1_recovered_42",
    )


@pytest.mark.parametrize(
    "other",
    [f"{STEM}_2", f"{STEM}_10", f"{STEM}_1_0", f"{STEM}_1_0_0_0", f"{STEM}_line_1", "contexts_com_acme_order_1", STEM],
)
def test_another_model_or_event_is_not_taken_for_this_one(other: str) -> None:
    assert snowplow_columns("com.acme", "order", "1", [other]) == ()


def test_upper_case_columns_are_found() -> None:
    assert snowplow_columns("com.acme", "order", "1", [f"{STEM}_1".upper()]) == (f"{STEM}_1".upper(),)


def test_long_names_are_also_looked_for_where_warehouses_cut_them() -> None:
    spellings = landed_spellings("x" * 130)
    assert spellings[:2] == ("x" * 130, "_" + "x" * 130)
    assert "x" * 127 in spellings
    assert "x" * 63 in spellings
    assert landed_spellings("") == ()


def test_nested_paths_flatten_as_each_rule_says() -> None:
    path = ("shippingAddress", "postCode")
    assert {name: rule(path) for name, rule in NAMING.items()} == {
        "segment": "shipping_address_post_code",
        "rudderstack": "shipping_address_post_code",
        "rudderstack_legacy": "shipping_address_post_code",
        "snowplow": "shipping_address.post_code",
        "jitsu": "shipping_address_post_code",
        "mixpanel": "shippingAddress.postCode",
        "original": "shippingAddress.postCode",
    }


@pytest.mark.parametrize(
    ("planned", "landed"),
    [
        ("plain", "plain"),
        ("plain_", "plain_"),
        ("_plain__string", "_plain__string"),
        ("camelCase", "camel_case"),
        ("Camel", "camel"),
        ("CCamelCase", "c_camel_case"),
        ("camelUSCase", "camel_u_s_case"),
        ("userID", "user_i_d"),
        ("__CamelCase", "__camel_case"),
        ("Camel__Case", "camel__case"),
        ("camelCase__", "camel_case__"),
        (" CamelCase", "_camel_case"),
        ("Camel  Case", "camel__case"),
        ("Camel_ _Case", "camel___case"),
        ("Camel-Case", "camel_case"),
        ("field1Name", "field1_name"),
        ("plan9FromOuterSpace", "plan9_from_outer_space"),
    ],
)
def test_jitsu_names_land_as_its_library_writes_them(planned: str, landed: str) -> None:
    assert jitsu_name(planned) == landed


@pytest.mark.parametrize(("key", "landed"), [("$browser", "mp_reserved_browser"), ("plan", "plan"), ("a$b", "a$b")])
def test_mixpanels_reserved_keys_lose_their_sign(key: str, landed: str) -> None:
    assert mixpanel_key(key) == landed


def test_snowplows_tables_on_redshift_follow_the_rule_of_keys_and_its_columns_another() -> None:
    assert snowplow_table("com.acme-shop", "HTTPRequest", "1") == "com_acme_shop_http_request_1"
    assert snowplow_column("com.acme-shop", "HTTPRequest", "1") == "unstruct_event_com_acme_shop_httprequest_1"


@pytest.mark.parametrize(
    ("column", "recovered"),
    [
        (f"{STEM}_1_recovered_1_0_1_9a8b7c6d", True),
        (f"{STEM}_1_0_1_recovered_42", True),
        ("com_acme_order_1_1_0_1_recovered_1196", True),
        ("CONTEXTS_COM_ACME_USER_1_RECOVERED_1_0_2_0F0F0F0F", True),
        (f"{STEM}_1", False),
        (f"{STEM}_1_0_1", False),
        ("unstruct_event_com_acme_recovered_1", False),
    ],
)
def test_recovered_columns_are_known_by_their_names(column: str, recovered: bool) -> None:  # noqa: FBT001
    assert snowplow_recovered(column) is recovered


def test_two_names_of_one_property_share_a_column() -> None:
    assert {segment_name(name) for name in ("ID", "id", "_id")} == {"id"}
    assert segment_name("Order Completed") == segment_name("orderCompleted") == "order_completed"
