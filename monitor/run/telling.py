"""Findings → incidents → messages."""

import hashlib
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from monitor.alert.buttons import HEARD, LISTENER
from monitor.alert.lanes import empty
from monitor.alert.outbox import Pace
from monitor.alert.routing import MessageContext, owners
from monitor.alert.tell import decided
from monitor.history.desk import Change
from monitor.history.store import History
from monitor.incidents.lifecycle import hushed, transitions
from monitor.incidents.model import Incident, Transition
from monitor.incidents.observe import observed
from monitor.links import event_page
from monitor.outcome import Options, Outcome, Place, Witness
from monitor.plan.model import Plan
from monitor.survey import chosen


def tell(place: Place, history: History, outcome: Outcome, options: Options, witness: Witness) -> None:
    """Incidents and the messages about them are one transaction; what is in the outbox then is sent."""
    began, monotonic = place.clock(), time.monotonic()
    context = told(place, history, outcome.plan, outcome.now, outcome.run)
    desk = history.desk
    change = desk.change(lambda known: _decided(place, outcome, options, known, context))
    outcome.transitions = change.transitions if change else ()
    if not options.dry_run:
        pace = Pace(lambda: began + timedelta(seconds=time.monotonic() - monotonic), time.sleep)
        outcome.delivery = empty(desk, lambda: place.sender(witness.prints), pace)


def _decided(
    place: Place, outcome: Outcome, options: Options, known: Sequence[Incident], context: MessageContext
) -> Change:
    steps: tuple[Transition, ...] = ()
    if outcome.past is not None:
        contract, asked = outcome.binder.contract(), chosen(outcome.landed.everywhere, options.events)
        limits = hashlib.sha256(repr(place.thresholds()).encode()).hexdigest()[:12]
        looked = observed(contract, outcome.past, outcome.findings, asked, first_run=outcome.first_run, limits=limits)
        steps = transitions(known, looked, outcome.now, place.patience())
    return Change(hushed(steps)) if options.silent else decided(steps, known, context)


def told(place: Place, history: History, plan: Plan, now: datetime, run_id: str) -> MessageContext:
    """What messages say beside what happened; buttons only while somebody listens to them."""
    heard = history.desk.last_beat(LISTENER)
    return MessageContext(
        run=run_id,
        now=now,
        plan_revision=plan.revision,
        routing=place.routing(),
        owners=owners(plan),
        report_url=place.report_url,
        downstream=place.downstream(),
        pages={event.name: event_page(event.key) for event in plan.events},
        buttons=heard is not None and place.clock() - heard < HEARD,
    )
