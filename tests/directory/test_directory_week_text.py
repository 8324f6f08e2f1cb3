"""Written hours, read as a person reads them: days, spans, and whole weeks in English and Spanish."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.directory import clock_text, day_text, times, week_text

WEEKDAYS = "MO,TU,WE,TH,FR"

# What was written, and what it means: days and hours; "?" where nobody can tell; None where it is not about hours.
ENGLISH = [
    ("Mon-Fri 9-5", f"{WEEKDAYS} 09:00-17:00"),
    ("M-F 8a-5p", f"{WEEKDAYS} 08:00-17:00"),
    ("Monday - Friday: 9:00 AM - 5:00 PM", f"{WEEKDAYS} 09:00-17:00"),
    ("Mon–Fri, 9 a.m.–5 p.m.", f"{WEEKDAYS} 09:00-17:00"),
    ("Open Monday through Friday from 9 a.m. until 5 p.m.", f"{WEEKDAYS} 09:00-17:00"),
    ("Mon-Fri 9:00am-5:00pm EST", f"{WEEKDAYS} 09:00-17:00"),
    ("9am-5pm Monday-Friday", f"{WEEKDAYS} 09:00-17:00"),
    ("Mon-Fri 9am-5pm, Sat 10am-2pm", f"{WEEKDAYS} 09:00-17:00; SA 10:00-14:00"),
    ("9am-5pm Monday-Friday, 10-2 Saturday", f"{WEEKDAYS} 09:00-17:00; SA 10:00-14:00"),
    ("weekdays 9-5 and weekends 10-4", f"{WEEKDAYS} 09:00-17:00; SA,SU 10:00-16:00"),
    ("Mon-Fri 9am-5pm (closed 12-1 for lunch)", f"{WEEKDAYS} 09:00-12:00; {WEEKDAYS} 13:00-17:00"),
    ("Mon 10am-12pm, 1-4pm", "MO 10:00-12:00; MO 13:00-16:00"),
    ("Mon 9-12; Mon 1-5", "MO 09:00-12:00; MO 13:00-17:00"),
    ("MWF 9-12, TTh 1-4", "MO,WE,FR 09:00-12:00; TU,TH 13:00-16:00"),
    ("Daily 8am-8pm", "MO,TU,WE,TH,FR,SA,SU 08:00-20:00"),
    ("Every night 7pm - 7am", "MO,TU,WE,TH,FR,SA,SU 19:00-07:00"),
    ("4th Saturday 10am-12pm", "4SA 10:00-12:00"),
    ("1st & 3rd Sat of the month, 9am-noon", "1SA,3SA 09:00-12:00"),
    ("Mon-Fri 9-5; closed Sat & Sun", f"{WEEKDAYS} 09:00-17:00"),
    ("Mon-Fri 9-5, closed Wednesday", "MO,TU,TH,FR 09:00-17:00"),
    ("Mon-Fri 9-5 except Wed", "MO,TU,TH,FR 09:00-17:00"),
    ("Mon-Fri 9-5 except Wed 9-12", "MO,TU,TH,FR 09:00-17:00; WE 09:00-12:00"),
    ("Sunday closed Monday - Friday 9-5 Saturday 10-2", f"{WEEKDAYS} 09:00-17:00; SA 10:00-14:00"),
    ("Mon-Fri 9-5 except holidays", f"{WEEKDAYS} 09:00-17:00 -holidays"),
    ("Mon-Fri 9-5, closed on major holidays", f"{WEEKDAYS} 09:00-17:00 -holidays"),
    ("Available 24/7/365", "MO,TU,WE,TH,FR,SA,SU 00:00-23:59"),
    ("24 hours a day, 7 days a week", "MO,TU,WE,TH,FR,SA,SU 00:00-23:59"),
    ("Mon-Fri 24 hours", f"{WEEKDAYS} 00:00-23:59"),
    ("Mon-Fri 9-5, Sat by appointment", f"{WEEKDAYS} 09:00-17:00; SA ?"),
    ("Mon-Fri 9-5 by appointment only", f"{WEEKDAYS} ?"),
    ("Mon-Fri 9-5 or by appointment", f"{WEEKDAYS} 09:00-17:00; ? ?"),
    ("Mon-Fri 9-5. Summer hours differ", f"{WEEKDAYS} ?"),
    ("Mon-Fri 9-5, Fri 9-12", "MO,TU,WE,TH 09:00-17:00; FR ?"),
    ("Monday: Tuesday: 9-5", "TU 09:00-17:00; MO ?"),
    ("Mon-Fri 22:00-20:00, Sat 9-1", f"SA 09:00-13:00; {WEEKDAYS} ?"),
    ("Wed 6-9", "WE ?"),
    ("Tuesdays at 5pm", "TU ?"),
    ("Mon-Fri", f"{WEEKDAYS} ?"),
    ("Call for hours", None),
    ("By appointment", None),
    ("9-5", None),
    ("first come first served", None),
    ("June-August Mon-Fri 9-5", None),
    ("Thanksgiving 9-5", None),
    ("every other Monday 9-5", None),
    ("We are open", None),
]
SPANISH = [
    ("lunes a viernes de 9 a 5", f"{WEEKDAYS} 09:00-17:00"),
    ("De lunes a viernes de 9:00 a. m. a 5:00 p. m.", f"{WEEKDAYS} 09:00-17:00"),
    ("L-V 8-16", f"{WEEKDAYS} 08:00-16:00"),
    ("Lun-Vie 8:30-16:30, Sáb 9:00-13:00, Dom cerrado", f"{WEEKDAYS} 08:30-16:30; SA 09:00-13:00"),
    ("Lunes a viernes, 9am-5pm; sábado, 10am-2pm", f"{WEEKDAYS} 09:00-17:00; SA 10:00-14:00"),
    ("lunes, miércoles y viernes de 10 a 2", "MO,WE,FR 10:00-14:00"),
    ("martes y jueves de 1 a 4 de la tarde", "TU,TH 13:00-16:00"),
    ("todos los días de 8 de la mañana a 8 de la noche", "MO,TU,WE,TH,FR,SA,SU 08:00-20:00"),
    ("segundo martes de cada mes de 5pm a 7pm", "2TU 17:00-19:00"),
    ("primer y tercer sábado del mes de 9 a 12", "1SA,3SA 09:00-12:00"),
    ("último viernes de 10am a mediodía", "-1FR 10:00-12:00"),
    ("Abierto las 24 horas", "MO,TU,WE,TH,FR,SA,SU 00:00-23:59"),
    ("entre semana 9-17, fines de semana 10-14", f"{WEEKDAYS} 09:00-17:00; SA,SU 10:00-14:00"),
    ("lunes a viernes 9am-5pm, cerrado días festivos", f"{WEEKDAYS} 09:00-17:00 -holidays"),
    ("lunes a viernes 8-12 y 1-5", f"{WEEKDAYS} 08:00-12:00; {WEEKDAYS} 13:00-17:00"),
    ("lunes a viernes 9-5, sábado con cita", f"{WEEKDAYS} 09:00-17:00; SA ?"),
    ("lunes a sábado excepto miércoles 9-5", "MO,TU,TH,FR,SA 09:00-17:00"),
    ("llame para saber el horario", None),
]
ILLINOIS = (
    "Sunday: Closed Monday: 8:30-12:00 , 13:00-17:00  Tuesday: 8:30-12:00 , 1:00-17:00  Wednesday: Closed"
    "  Thursday: 9:00-5:00  Friday: 10:00-4:00  Saturday: Closed"
)
SLIPS = (
    "Sunday: Closed Monday: 23:00-17:00  Tuesday: 9:00-19:00 , 9:00-18:00  Wednesday: 1:00-1:15"
    "  Thursday: 3:00-18:00  Friday: 0:30-17:00  Saturday: 9:00-8:00"
)
# The directory of San Mateo County, in prose; and hours of Illinois Legal Aid's, as they stand in its export.
PUBLISHED = [
    ("Monday-Thursday, 10-7; Friday, 10-5", "MO,TU,WE,TH 10:00-19:00; FR 10:00-17:00"),
    ("Tuesday-Thursday, 1-6; Saturday, 10-3", "TU,WE,TH 13:00-18:00; SA 10:00-15:00"),
    ("Monday-Thursday, 10-8; Saturday, 10-5; Sunday 12-5.", "MO,TU,WE,TH 10:00-20:00; SA 10:00-17:00; SU 12:00-17:00"),
    ("9 am-1:30 pm, Monday-Friday", f"{WEEKDAYS} 09:00-13:30"),
    ("Monday-Friday, 11:30 am-1:00 pm", f"{WEEKDAYS} 11:30-13:00"),
    (ILLINOIS, "MO,TU 08:30-12:00; MO,TU 13:00-17:00; TH 09:00-17:00; FR 10:00-16:00"),
    (SLIPS, "WE 13:00-13:15; TH 15:00-18:00; SA 09:00-20:00; MO,TU,FR ?"),
]


def meant(written: str) -> str | None:
    """What a text was read as, in one line."""
    week = week_text.read(written)
    if week is None:
        return None
    told = []
    for row in week_text.rows(week):
        hours = f"{row['opens_at']}-{row['closes_at']}" if "opens_at" in row else "?"
        told.append(f"{row.get('byday', '?')} {hours}")
    return "; ".join(told) + (" -holidays" if week.closed_on_holidays else "")


@pytest.mark.parametrize(("written", "read"), ENGLISH + SPANISH + PUBLISHED)
def test_a_written_week_is_read_as_a_person_reads_it(written: str, read: str | None) -> None:
    assert meant(written) == read


@pytest.mark.parametrize("written", ["Sat and Sun closed", "Closed Sundays", "cerrado los domingos"])
def test_only_closed_days_make_no_schedule(written: str) -> None:
    assert meant(written) == ""


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1:00-4:00", "13:00-16:00"),
        ("1:00-17:00", "13:00-17:00"),
        ("8:30-4:30", "08:30-16:30"),
        ("12-5", "12:00-17:00"),
        ("5-7", "17:00-19:00"),
        ("7-3", "07:00-15:00"),
        ("1-4pm", "13:00-16:00"),
        ("10-2pm", "10:00-14:00"),
        ("10-12pm", "10:00-12:00"),
        ("12-4pm", "12:00-16:00"),
        ("9am-5", "09:00-17:00"),
        ("9pm-5", "21:00-05:00"),
        ("9am - 03:00", "09:00-15:00"),
        ("9am to 12 noon", "09:00-12:00"),
        ("noon-4", "12:00-16:00"),
        ("8.30am-4.30pm", "08:30-16:30"),
        ("9:00 AM EST - 5:00 PM EST", "09:00-17:00"),
        ("6pm-midnight", "18:00-00:00"),
        ("18:00-08:00", "18:00-08:00"),
        ("9h-17h", "09:00-17:00"),
        ("00:00-24:00", "00:00-23:59"),
        ("between 9 and 5", "09:00-17:00"),
        ("01:00-04:00", None),  # by the standard one at night: nobody means that, and nobody says so
        ("6-9", None),
        ("22:00-20:00", None),
        ("0:30-17:00", None),
        ("00:00-00:00", None),
        ("7:00-7:00", None),
        ("13pm-15pm", None),
        ("9:75-10:80", None),
        ("9-5 maybe", None),
        ("", None),
    ],
)
def test_a_span_is_read_as_a_person_reads_it(written: str, read: str | None) -> None:
    spans = clock_text.spans_of(written)
    assert (spans and "; ".join(f"{opens:%H:%M}-{closes:%H:%M}" for opens, closes in spans)) == read


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("4th Saturday", "4SA"),
        ("4TH SATURDAY", "4SA"),
        ("4TH,SA", "4TH,SA"),
        ("4th and 5th Sat", "4SA,5SA"),
        ("1st Monday", "1MO"),
        ("last Friday", "-1FR"),
        ("1st, 3rd, and 5th Wednesdays", "1WE,3WE,5WE"),
        ("1st-3rd Monday", "1MO,2MO,3MO"),
        ("2nd Monday and Wednesday", "2MO,2WE"),
        ("1st Monday and every Thursday", "1MO,TH"),
        ("every 2nd Tuesday of the month", "2TU"),
        ("2MO,TH", "2MO,TH"),
        ("weekdays and Saturday", f"{WEEKDAYS},SA"),
        ("every day", "MO,TU,WE,TH,FR,SA,SU"),
        ("Mon-Fri except holidays", WEEKDAYS),
        ("Mon-Sat except Wed", "MO,TU,TH,FR,SA"),
        ("MTWThF", WEEKDAYS),
        ("TuTh", "TU,TH"),
        ("T, Th", "TU,TH"),
        ("M/W/F", "MO,WE,FR"),
        ("L, M, X", "MO,TU,WE"),
        ("segundo y cuarto jueves", "2TH,4TH"),
        ("todos los días excepto domingo", f"{WEEKDAYS},SA"),
        ("Monthly", None),
        ("weekly", None),
        ("Summer", None),
        ("Thanksgiving", None),
        ("Midnight", None),
        ("Friends", None),
        ("suspended", None),
        ("4th", None),
        ("every second Tuesday", None),
        ("every other Monday", None),
        ("Mon - Wed - Fri", None),
        ("Mon -", None),
        ("1st weekend", None),
        ("mayo", None),
        ("WTF", None),
        ("Saturday 9", None),
        ("except Monday", None),
        ("Mon-Fri except Sunday", None),
    ],
)
def test_days_are_read_by_whole_words(written: str, days: str | None) -> None:
    found = day_text.days_of(written)
    assert (found and ",".join(found)) == days


@given(st.text(alphabet="MoTuWedThFriSatun -,&;:.0123456789apmy y lunes á closed except 1st last and\n", max_size=60))
def test_no_text_breaks_the_reader(written: str) -> None:
    """Whatever is read can be written to columns and is read from there as the same."""
    week = week_text.read(written)
    if week is None:
        return
    for row in week_text.rows(week):
        schedule = dict.fromkeys(("freq", "byday", "opens_at", "closes_at", "as_given")) | row
        kept = {name: schedule[name] for name in ("freq", "byday")}
        assert times.mend(schedule) == []
        assert {name: schedule[name] for name in kept} == kept


def test_a_long_text_is_not_read() -> None:
    assert week_text.read("Mon-Fri 9-5 " * 1_000) is None
