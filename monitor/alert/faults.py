"""What went wrong with Slack, said so that the reader knows what to do: error codes, HTTP statuses, connections."""

import re
import socket
import ssl
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from http.client import InvalidURL
from urllib.error import URLError

from slack_sdk.errors import SlackRequestError

from monitor.alert.sender import Reach, Refused, Skipped
from monitor.incidents.model import Mode

_TOKEN = "put a valid bot token (xoxb-…, scopes chat:write and channels:history) into slack.token"  # noqa: S105 - no secret
_INVITE = "invite the bot: type /invite @trackwarden in that channel"
_OURS = "this is trackwarden's mistake: please report it with the output of `trackwarden run --json`"

_WEBHOOK = "make a new incoming webhook in the Slack app's settings and put it into slack.webhook"
_NOT_SLACK = "something else answers in Slack's place, or the webhook is not one: check the proxy and slack.webhook"

_ACCOUNT = {
    "invalid_auth": _TOKEN,
    "not_authed": _TOKEN,
    "token_revoked": f"the token was revoked; {_TOKEN}",
    "token_expired": f"the token has expired; {_TOKEN}",
    "account_inactive": f"the bot's account was switched off; install the app again and {_TOKEN}",
    "org_login_required": "the workspace is being moved: wait, then run again",
    "missing_scope": "add the scope chat:write to the Slack app and install it again",
    "not_allowed_token_type": _TOKEN,
    "ekm_access_denied": "the workspace's administrators have suspended posting: ask them",
    "team_access_not_granted": "ask the workspace's administrators to approve the app",
    "no_service": f"the webhook was removed; {_WEBHOOK}",
    "no_service_id": f"the webhook's address is incomplete; {_WEBHOOK}",
    "no_active_hooks": f"the webhook was switched off; {_WEBHOOK}",
    "invalid_token": f"the webhook's address is wrong; {_WEBHOOK}",
    "no_team": f"the webhook's address is wrong; {_WEBHOOK}",
    "team_disabled": "the Slack workspace was switched off",
    "action_prohibited": "the workspace's administrators do not let the webhook post: ask them",
    "not_slack": _NOT_SLACK,
}
_CHANNEL = {
    "not_in_channel": _INVITE,
    "channel_not_found": f"give the channel's id (C…, below the channel's details); if it is private, {_INVITE}",
    "is_archived": "the channel is archived: choose another one in slack.channel or slack.teams",
    "channel_is_archived": "the channel is archived: make the webhook anew for another one",
    "restricted_action": "only some people may post there: let the bot, or choose another channel",
    "posting_to_general_channel_denied": "only some people may post there: choose another channel",
    "no_channel": "set slack.channel in trackwarden.yml",
}
_MESSAGE = {
    "invalid_blocks": _OURS,
    "invalid_blocks_format": _OURS,
    "invalid_payload": _OURS,
    "msg_too_long": _OURS,
    "msg_blocks_too_long": _OURS,
    "metadata_too_large": _OURS,
    "no_text": _OURS,
}
_UNCHANGEABLE = frozenset(
    {"message_not_found", "cant_update_message", "edit_window_closed", "update_failed", "is_inactive"}
)
"""Why a message cannot be changed: somebody deleted it, or the workspace does not let messages be edited so late."""
_THREADLESS = frozenset({"thread_not_found", "cannot_reply_to_message", "message_not_found"})
_PASSING = frozenset(
    {
        "ratelimited",
        "rate_limited",
        "internal_error",
        "fatal_error",
        "service_unavailable",
        "request_timeout",
        "team_added_to_org",
    }
)
_CODE = re.compile(r"[a-z][a-z0-9_]{2,60}")


def from_code(code: str, headers: Mapping[str, str]) -> Refused:
    """The refusal that Slack named by an error code."""
    if code in _PASSING:
        limited = code.endswith("limited")
        return Refused(
            permanent=False, error=code, retry_after=wait(headers), reach=Reach.CHANNEL, ambiguous=not limited
        )
    for reach, hints in ((Reach.ACCOUNT, _ACCOUNT), (Reach.CHANNEL, _CHANNEL), (Reach.MESSAGE, _MESSAGE)):
        if code in hints:
            return Refused(permanent=True, error=code, hint=hints[code], reach=reach)
    return Refused(permanent=True, error=code, hint="look the code up in Slack's reference of chat.postMessage")


def from_status(status: int, body: str, headers: Mapping[str, str]) -> Refused:
    """The refusal behind an HTTP status other than 200."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Refused(permanent=False, error="ratelimited", retry_after=wait(headers), reach=Reach.CHANNEL)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        error = f"Slack answered {status}"
        return Refused(permanent=False, error=error, retry_after=wait(headers), reach=Reach.ACCOUNT, ambiguous=True)
    code = body.strip()
    if code in _ACCOUNT or code in _CHANNEL or code in _MESSAGE:
        return from_code(code, headers)
    return Refused(permanent=True, error=f"HTTP status {status}", hint=_NOT_SLACK, reach=Reach.ACCOUNT)


def from_exception(exception: Exception) -> Refused:
    """The refusal behind a connection that failed; the exception's text is never repeated: it can hold the URL."""
    cause = exception.reason if isinstance(exception, URLError) else exception
    if isinstance(cause, ssl.SSLCertVerificationError):
        hint = "a proxy may stand between: add its certificate to this machine's trust store"
        return Refused(permanent=True, error="Slack's certificate is not trusted", hint=hint, reach=Reach.ACCOUNT)
    if isinstance(cause, InvalidURL | SlackRequestError | ValueError) and not isinstance(cause, UnicodeError):
        hint = "check slack.token and slack.webhook for spaces, line breaks and a missing https://"
        return Refused(permanent=True, error="the token or webhook is malformed", hint=hint, reach=Reach.ACCOUNT)
    match cause:
        case ConnectionRefusedError():
            error = "the connection was refused"
        case socket.gaierror():
            error = "Slack's address was not found"
        case TimeoutError():
            error = "no answer in time"
        case OSError():
            error = "the connection broke"
        case _:
            error = f"the answer could not be read ({type(cause).__name__})"
    never_left = isinstance(cause, ConnectionRefusedError | socket.gaierror)
    hint = "check the network, the proxy and that Slack is reachable from here"
    return Refused(permanent=False, error=error, hint=hint, reach=Reach.ACCOUNT, ambiguous=not never_left)


def of_mode(refused: Refused, mode: Mode) -> Refused | Skipped:
    """The same where it matters: a message that cannot be changed any more, and a chart, hold nothing up."""
    if mode is Mode.UPDATE and refused.error in _UNCHANGEABLE:
        return Skipped(f"the message could not be changed ({refused.error}): it was deleted, or is too old")
    if mode is Mode.FILE and refused.permanent and refused.reach is not Reach.CHANNEL:
        step = ": add the scope files:write to the Slack app" if refused.error == "missing_scope" else ""
        return Skipped(f"a chart could not be uploaded ({refused.error}){step}")
    if mode is Mode.REPLY and refused.error in _THREADLESS:
        return replace(refused, reach=Reach.MESSAGE, thread=True)
    return refused


def code_of(answer: object) -> str:
    """Slack's error code out of an answer; a fixed word for anything that is no code."""
    code = answer.get("error") if isinstance(answer, dict) else None
    return code if isinstance(code, str) and _CODE.fullmatch(code) else "not_slack"


def wait(headers: Mapping[str, str]) -> float | None:
    """Seconds of a Retry-After header; whole, fractional, or None when it is absent or no number.

    >>> wait({"Retry-After": "1.5"}), wait({"retry-after": "30"}), wait({"Retry-After": "soon"})
    (1.5, 30.0, None)
    """
    said = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    try:
        seconds = float(said)
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None
