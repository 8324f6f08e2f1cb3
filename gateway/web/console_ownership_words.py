"""What a responder reads whose thread went back to the queue."""

from collections.abc import Mapping

from gateway import ownership
from gateway.marking import N_

LAPSED: Mapping[str, str] = {
    ownership.AWAY: N_("Your console gave no sign of life, so this thread went back to the queue."),
    ownership.SILENT: N_("A message stayed unanswered for too long, so this thread went back to the queue."),
}
