"""A finding's chart as the PNG that goes into its thread."""

from monitor.charts.evidence import chart_of
from monitor.history.codec import decode
from monitor.incidents.model import Delivery


def file_name(delivery: Delivery) -> str:
    """The uploaded file's name: it says which delivery it is, so that a retry finds what it has already uploaded."""
    return f"trackwarden-{delivery.id}.png"


def png_of(delivery: Delivery) -> bytes | None:
    """The chart of the finding that the delivery holds; None: it has none."""
    from monitor.charts.draw import png  # noqa: PLC0415 - the renderer takes .4 s, and most messages have no chart

    chart = chart_of(decode(delivery.blocks)[0])
    return None if chart is None else png(chart)
