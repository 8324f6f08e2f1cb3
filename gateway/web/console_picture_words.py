"""What a responder reads of what came with a text: what it is, and why it is not shown."""

from collections.abc import Mapping

from gateway import pictures
from gateway.marking import N_

KINDS: Mapping[str, str] = {
    "image/jpeg": N_("Picture"),
    "image/png": N_("Picture"),
    "image/gif": N_("Picture"),
    "image/webp": N_("Picture"),
    "image/heic": N_("Picture of a kind that is not shown here (HEIC)"),
    "image/avif": N_("Picture of a kind that is not shown here (AVIF)"),
    "application/pdf": N_("Document (PDF)"),
    "text/vcard": N_("Contact card"),
    "audio/amr": N_("Sound"),
    "audio/mpeg": N_("Sound"),
    "audio/ogg": N_("Sound"),
    "audio/wav": N_("Sound"),
    "audio/mp4": N_("Sound"),
    "video/3gpp": N_("Video"),
    "video/mp4": N_("Video"),
    pictures.UNKNOWN: N_("File of an unknown kind"),
}
WHY: Mapping[str, str] = {
    "kind": N_("Only pictures are shown here."),
    "broken": N_("It could not be read as a picture."),
    "too_many_pixels": N_("It has more dots than may be opened safely."),
    "too_much_work": N_("It took too much work to open. That may be on purpose."),
    "too_big": N_("It is larger than 10 MB."),
    "too_slow": N_("It took longer than 20 seconds."),
    "no_connection": N_("Twilio could not be reached."),
    "gone": N_("Twilio does not have it any more."),
    "forgotten": N_("Nobody asked for it in 30 days, so it was forgotten."),
    "refused": N_("Twilio did not give it to us."),
    "not_allowed": N_("It lies at a place that we never ask."),
    "not_public": N_("It lies at a place that we never ask."),
    "too_many_redirects": N_("It lies at a place that we never ask."),
    "packed": N_("It came packed, which nobody asked for."),
    "gave_up": N_("It was tried three times."),
}
"""By the code of a row: of :class:`gateway.errors.MediaFailed`, :class:`gateway.pictures.Unshowable` or our own."""
