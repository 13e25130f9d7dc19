"""The service in numbers, as Prometheus reads them: totals, nothing of an account or a ticket."""

from asyncio import to_thread
from collections.abc import Iterator

from litestar import Response, get
from litestar.exceptions import NotFoundException
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from ticketdomain.errors import JournalError, ReadModelError
from ticketdomain.measures import Distribution
from ticketprojections.tickets.clocks import clock_counts
from ticketprojections.views.standing import standings
from ticketservice.service import Service
from ticketservice.web.description import NO_KEY, REQUEST_ID, described
from ticketservice.web.observing import RequestTimes
from ticketservice.web.parameters import Parameters
from ticketservice.web.requests import Request, service_of


class Metrics(Collector):
    """Reads the counters of a service's parts when it is asked: they know nothing of it."""

    def __init__(self, service: Service) -> None:
        self.request_times: RequestTimes = {}
        self._service = service
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def exposition(self) -> bytes:
        """Write all metrics in Prometheus' text format."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        yield self._requests()
        yield from self._desk()
        yield from self._journal()
        yield from self._warm_states()
        yield from self._sla()
        yield from self._read_models()

    def _requests(self) -> Metric:
        family = HistogramMetricFamily(
            "ticketdomain_http_request_duration_seconds",
            "From the request's arrival until its answer is sent.",
            labels=["method", "route", "status"],
        )
        for (method, route, status), times in list(self.request_times.items()):
            family.add_metric([method, route, str(status)], *_histogram(times))
        return family

    def _desk(self) -> Iterator[Metric]:
        desk = self._service.desk
        waited = HistogramMetricFamily(
            "ticketdomain_commit_wait_seconds",
            "From joining the line of waiting changes until the transaction was committed.",
        )
        waited.add_metric([], *_histogram(desk.waited))
        yield waited
        batches = HistogramMetricFamily(
            "ticketdomain_batch_changes", "Changes decided in one transaction."
        )
        batches.add_metric([], *_histogram(desk.batches))
        yield batches

    def _journal(self) -> Iterator[Metric]:
        try:
            with self._service.journal.reading() as reader:
                position = reader.position()
        except JournalError:  # /readyz tells
            return
        yield GaugeMetricFamily(
            "ticketdomain_journal_position", "Of the journal's newest event.", position
        )

    def _warm_states(self) -> Iterator[Metric]:
        live = self._service.live
        yield CounterMetricFamily(
            "ticketdomain_warm_state_hits", "States looked for that were in memory.", live.hits
        )
        yield CounterMetricFamily(
            "ticketdomain_warm_state_misses", "States that the journal was read for.", live.misses
        )

    def _sla(self) -> Iterator[Metric]:
        try:
            with self._service.projector.views.reading() as view:
                counts = clock_counts(view, self._service.clock())
        except ReadModelError:  # not listed yet, or /readyz tells
            return
        for name, help_text in SLA_GAUGES.items():
            family = GaugeMetricFamily(
                f"ticketdomain_sla_clocks_{name}", help_text, labels=["priority"]
            )
            for priority, each in counts.items():
                family.add_metric([str(priority)], getattr(each, name))
            yield family

    def _read_models(self) -> Iterator[Metric]:
        try:
            found = standings(self._service.projector)
            with self._service.journal.reading() as reader:  # later: no lag is below 0
                newest = reader.position()
        except (ReadModelError, JournalError):  # /readyz tells
            return
        told = {
            name: GaugeMetricFamily(f"ticketdomain_read_model_{name}", text, labels=["model"])
            for name, text in READ_MODEL_GAUGES.items()
        }
        for each in found:
            told["building"].add_metric([each.model], each.being_built)
            told["parked_tickets"].add_metric(
                [each.model], len({parked.ticket_id for parked in each.parked})
            )
            if each.live:
                told["position"].add_metric([each.model], each.live.position)
                told["lag"].add_metric([each.model], newest - each.live.position)
        yield from told.values()


# Litestar adds the charset to a text.
MEDIA_TYPE = CONTENT_TYPE_LATEST.removesuffix("; charset=utf-8")
SLA_GAUGES = {
    "running": "SLA clocks that run and are not late.",
    "at_risk": "Of those that run, the ones that will be late within the hour.",
    "breached": "SLA clocks that run and are late.",
}

READ_MODEL_GAUGES = {
    "position": "Of the newest event that is in the read model.",
    "lag": "How many positions the read model is behind the journal.",
    "parked_tickets": "Tickets that the read model leaves out.",
    "building": "1 while the read model is being built.",
}


def _histogram(seen: Distribution) -> tuple[list[tuple[str, float]], float]:
    """Give the cumulated buckets, and the sum."""
    total, buckets = 0, list[tuple[str, float]]()
    for bound, count in zip((*seen.bounds, "+Inf"), seen.counts, strict=True):
        total += count
        buckets.append((str(bound), total))
    return buckets, seen.sum


@get(
    "/metrics",
    api=described(
        needs=NO_KEY,
        tag="Service",
        headers=REQUEST_ID,
        media_type="text/plain",
        may_fail=("not_found",),
    ),
)
async def read_metrics(request: Request) -> Response[bytes]:
    """Read the service's metrics, unless they are switched off."""
    Parameters(request)
    if not service_of(request).metrics:
        raise NotFoundException
    metrics: Metrics = request.app.state.metrics
    return Response(await to_thread(metrics.exposition), media_type=MEDIA_TYPE)
