import pytest

from monitor.plan.twins import near_duplicates


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Order Completed", "order_completed"),
        ("Sign Up", "signup"),
        ("Checkout Started", "Chekcout Started"),
        ("Products Viewed", "Product Viewed"),
        ("Order Complted", "Order Completed"),
        ("com.acme/click", "com_acme_click"),
    ],
)
def test_names_that_differ_in_case_punctuation_or_a_slip_are_near(one: str, other: str) -> None:
    assert list(near_duplicates([one, other])) == [(min(one, other), max(one, other))]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("User Subscribed", "User Unsubscribed"),
        ("Checkout Variant A", "Checkout Variant B"),
        ("Checkout Step 1", "Checkout Step 2"),
        ("Onboarding v2 Shown", "Onboarding v3 Shown"),
        ("Contacts Imported", "Contacts Exported"),
        ("Payload Encrypted", "Payload Decrypted"),
        ("Session Restarted", "Session Started"),
        ("Item Liked", "Item Hiked"),
        ("Email Sent", "Email Seen"),
        ("Paid", "Said"),
        ("User Logged In", "User Signed In"),
    ],
)
def test_names_that_mean_two_things_are_not_near(one: str, other: str) -> None:
    assert list(near_duplicates([one, other])) == []


def test_a_name_is_not_near_itself() -> None:
    assert list(near_duplicates(["Order Completed", "Order Completed"])) == []
