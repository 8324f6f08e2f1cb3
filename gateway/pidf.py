"""A stated place as PIDF-LO (RFC 5139, RFC 5491): civic parts that were told, and nothing that was worked out."""

from xml.etree import ElementTree

from gateway.community import Community

PRESENCE = "urn:ietf:params:xml:ns:pidf"
GEOPRIV = "urn:ietf:params:xml:ns:pidf:geopriv10"
CIVIC = "urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr"
UNCHECKED = "as typed by resident, unverified"


def document(place: str | None, zip_code: str | None, community: Community, entity: str, *, confirmed: bool) -> str:
    """The XML. The town is named only where the ZIP code is one of its own; ``entity`` stands for the resident."""
    root = ElementTree.Element(f"{{{PRESENCE}}}presence", entity=f"pres:{entity}")
    part = ElementTree.SubElement(root, f"{{{PRESENCE}}}tuple", id="t1")
    status = ElementTree.SubElement(part, f"{{{PRESENCE}}}status")
    geopriv = ElementTree.SubElement(status, f"{{{GEOPRIV}}}geopriv")
    info = ElementTree.SubElement(geopriv, f"{{{GEOPRIV}}}location-info")
    civic = ElementTree.SubElement(info, f"{{{CIVIC}}}civicAddress")
    ours = zip_code is not None and community.zone_of(zip_code) is not None
    typed = None if place is None else place if confirmed else f"{place} ({UNCHECKED})"
    parts = (("country", "US"), ("A1", community.state if ours else None), ("A3", community.name if ours else None),
             ("LOC", typed), ("PC", zip_code))  # fmt: skip
    for name, value in parts:
        if value is not None:
            ElementTree.SubElement(civic, f"{{{CIVIC}}}{name}").text = _writable(value)
    ElementTree.SubElement(geopriv, f"{{{GEOPRIV}}}usage-rules")
    ElementTree.SubElement(geopriv, f"{{{GEOPRIV}}}method").text = "Manual"
    return '<?xml version="1.0" encoding="UTF-8"?>' + ElementTree.tostring(root, encoding="unicode")


def _writable(text: str) -> str:
    """Without what no XML 1.0 document may hold."""
    return "".join(letter for letter in text if letter in "\t\n" or (letter >= " " and not _outside(letter)))


def _outside(letter: str) -> bool:
    return "\ud800" <= letter <= "\udfff" or letter in "\ufffe\uffff"
