"""The parts of one running process, built once and handed to everything that needs them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.acceptor import Acceptor
    from gateway.clients.bell import Bell
    from gateway.clients.signs import Signs
    from gateway.community import Community
    from gateway.db import Database
    from gateway.journal import Journal
    from gateway.settings import Settings


@dataclass(frozen=True)
class Door:
    """What a web process holds open: its settings, the town's facts, the store, the bell, the way in and the signs."""

    settings: "Settings"
    community: "Community"
    database: "Database"
    bell: "Bell"
    journal: "Journal"
    acceptor: "Acceptor"
    signs: "Signs"

    def close(self) -> None:
        """Finish what is under way and give the connections back."""
        self.acceptor.close()
        self.bell.close()
        self.signs.close()
        self.database.close()
