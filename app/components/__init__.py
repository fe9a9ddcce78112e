"""What is checked: one file a component, what it is, how it is checked and told."""

from app.components.api_server import ApiServer
from app.components.authentication import Authentication
from app.components.claude_cli import ClaudeCli
from app.components.component import Component, Monitored
from app.components.quota import Quota
from app.components.upstream import Upstream

# In the order of the contract's example, in which they are written.
COMPONENTS: tuple[Component, ...] = (
    ClaudeCli(),
    ApiServer(),
    Authentication(),
    Quota(),
    Upstream(),
)
MONITORED: tuple[Monitored, ...] = tuple(
    each for each in COMPONENTS if isinstance(each, Monitored)
)
