"""How each kind of panel looks: lines, states over time, a heat map, one number."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, Self, TypeVar

from grafana_foundation_sdk.builders import heatmap, stat, statetimeline, timeseries
from grafana_foundation_sdk.builders.common import (
    GraphThresholdsStyleConfig,
    ReduceDataOptions,
    StackingConfig,
    VizLegendOptions,
    VizTooltipOptions,
)
from grafana_foundation_sdk.builders.dashboard import ThresholdsConfig
from grafana_foundation_sdk.builders.heatmap import HeatmapColorOptions, YAxisConfig
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.common import (
    BigValueTextMode,
    GraphThresholdsStyleMode,
    StackingMode,
    TooltipDisplayMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DataSourceRef,
    Panel,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMapping,
    ValueMappingResult,
)
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

_OURS = '{job=~"$job", instance=~"$instance"'
SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")


class Query(NamedTuple):
    """What Prometheus is asked, and the legend of each series it gives.

    ``{ours`` becomes the selector of what is chosen above the dashboard, as in
    ``up{ours}`` or ``claude_proxy_errors_total{ours, type="stale"}``.
    """

    expression: str
    legend: str = ""


Words = dict[int, tuple[str, str]]  # a value, its word and its colour
NONE: Words = {}


@dataclass(frozen=True)
class Limit:
    """Where an alert begins: from this value on, or ``below`` it."""

    alert: str
    value: float
    below: bool = False


class _Builder(Protocol):
    """What the builders of every kind of panel have in common."""

    def id(self, id_val: int) -> Self: ...
    def title(self, title: str) -> Self: ...
    def description(self, description: str) -> Self: ...
    def datasource(self, datasource: DataSourceRef) -> Self: ...
    def with_target(self, target: Dataquery) -> Self: ...
    def thresholds(self, thresholds: ThresholdsConfig) -> Self: ...
    def unit(self, unit: str) -> Self: ...
    def span(self, w: int) -> Self: ...
    def height(self, h: int) -> Self: ...


P = TypeVar("P", bound=_Builder)


def lines(
    number: int,
    title: str,
    unit: str,
    *queries: Query,
    about: str = "",
    limit: Limit | None = None,
    stacked: bool = False,
) -> Builder[Panel]:
    """Return values over time, a third of the width; a limit is a dashed line."""
    tooltip = VizTooltipOptions().mode(TooltipDisplayMode.MULTI)
    panel = (
        timeseries.Panel().axis_soft_min(0).legend(VizLegendOptions()).tooltip(tooltip)
    )
    if limit:
        style = GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.DASHED)
        panel.thresholds_style(style)
    if stacked:
        panel.stacking(StackingConfig().mode(StackingMode.NORMAL)).fill_opacity(30)
    _ask(panel, queries)
    return _show(panel, number, title, unit, about, limit)


def states(
    number: int,
    title: str,
    query: Query,
    words: Words,
    *,
    about: str = "",
    limit: Limit | None = None,
) -> Builder[Panel]:
    """Return states over time, each value by its word, half of the width."""
    panel = statetimeline.Panel().mappings(_mappings(words)).fill_opacity(80)
    panel.show_value(VisibilityMode.NEVER).row_height(0.9)
    panel.legend(VizLegendOptions()).tooltip(VizTooltipOptions())
    _ask(panel, [query])
    return _show(panel, number, title, "none", about, limit).span(12)


def latencies(number: int, title: str, buckets: Query, *, about: str) -> Builder[Panel]:
    """Return how many took how long, over time; asks for buckets by ``le``."""
    colours = HeatmapColorOptions().mode(HeatmapColorMode.SCHEME)
    colours.scheme("Oranges").steps(64)
    panel = heatmap.Panel().color(colours).y_axis(YAxisConfig().unit("s"))
    _ask(panel, [buckets], PromQueryFormat.HEATMAP)
    return _show(panel, number, title, "short", about, None)


def value(
    number: int,
    title: str,
    *queries: Query,
    unit: str = "none",
    words: Words = NONE,
    names: bool = False,
) -> Builder[Panel]:
    """Return what is true now, small; with ``names`` the legends instead of values."""
    last = ReduceDataOptions().calcs(["lastNotNull"])
    panel = stat.Panel().mappings(_mappings(words)).reduce_options(last)
    panel.text_mode(BigValueTextMode.NAME if names else BigValueTextMode.AUTO)
    _ask(panel, queries)
    return _show(panel, number, title, unit, "", None).span(4).height(4)


def _ask(
    panel: _Builder,
    queries: Sequence[Query],
    shape: PromQueryFormat = PromQueryFormat.TIME_SERIES,
) -> None:
    for letter, (expression, legend) in zip("ABC", queries, strict=False):
        query = (
            Dataquery()
            .ref_id(letter)
            .expr(expression.replace("{ours", _OURS))
            .legend_format(legend)
        )
        panel.with_target(query.datasource(SOURCE).format(shape).range())


def _show(
    panel: P, number: int, title: str, unit: str, about: str, limit: Limit | None
) -> P:
    if limit:
        about = f"{about} Alert: {limit.alert}.".strip()
    if about:
        panel.description(about)
    panel.id(number).title(title).datasource(SOURCE).unit(unit).span(8).height(8)
    return panel.thresholds(_thresholds(limit))


def _thresholds(limit: Limit | None) -> ThresholdsConfig:
    steps = [Threshold(value=None, color="green")]
    if limit:
        before, after = ("red", "green") if limit.below else ("green", "red")
        steps = [
            Threshold(value=None, color=before),
            Threshold(value=limit.value, color=after),
        ]
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)


def _mappings(words: Words) -> list[ValueMapping]:
    options = {
        str(number): ValueMappingResult(text=word, color=colour)
        for number, (word, colour) in words.items()
    }
    return [ValueMap(options=options)] if options else []
