"""Traces, metrics and logs: set up once per process, with nothing personal in any of them."""

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

from opentelemetry import metrics, propagate, trace
from opentelemetry.context import Context
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import SpanKind
from pydantic import BaseModel, Field
from pythonjsonlogger.json import JsonFormatter

_tracer = trace.get_tracer("shouwang")
_TRACEPARENT = "traceparent"

# Segments of our paths: words and codes, area codes, months, ids. Whoever writes a person into an address gets an error, and
# the error's line or span would keep them.
_OURS = re.compile(
    r"(?:[a-z][a-z0-9.\-]{0,40}"
    r"|[0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12}|[0-9]{4}-[0-9]{2}"
    r"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})?"
)

_DETAIL = re.compile(
    r"^DETAIL:.*?(?=^(?:HINT:|\[SQL:|\[parameters |Traceback |The above exception |During handling )|\Z)", re.M | re.S
)


class TelemetrySettings(BaseModel):
    """What a process tells of itself."""

    otlp_endpoint: str | None = Field(None, description="OTLP/HTTP traces endpoint; none = traces are not exported")
    sample_ratio: float = Field(0.05, ge=0, le=1, description="Share of traces recorded when the caller did not decide")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"


def set_up(settings: TelemetrySettings, process: str) -> None:
    """Install the tracer, the Prometheus meter and JSON logging. Call once, before the apps are made."""
    resource = Resource.create({"service.namespace": "shouwang", "service.name": process})
    ratio = settings.sample_ratio if settings.otlp_endpoint else 0.0
    tracers = TracerProvider(resource=resource, sampler=ParentBased(TraceIdRatioBased(ratio)))
    tracers.add_span_processor(WithoutPeople())
    if settings.otlp_endpoint:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # slow to import

        tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(settings.otlp_endpoint)))
    trace.set_tracer_provider(tracers)
    metrics.set_meter_provider(MeterProvider(resource=resource, metric_readers=[PrometheusMetricReader()]))
    set_up_logs(settings.log_level)


def send_what_is_left() -> None:
    """Export the spans that wait: for an end that runs nobody's farewell."""
    tracers = trace.get_tracer_provider()
    if isinstance(tracers, TracerProvider):
        tracers.shutdown()


class WithoutPeople(SpanProcessor):
    """Takes out of a request's span what callers wrote into the address; the framework puts all of it in."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """While the span can still be changed."""
        del parent_context
        attributes = span.attributes or {}
        if "url.query" in attributes:
            span.set_attribute("url.query", "?")
        if isinstance(path := attributes.get("url.path"), str):
            span.set_attribute("url.path", ours_of(path))


def ours_of(path: str) -> str:
    """A path with `?` for each segment that is not one of ours."""
    return "/".join(part if _OURS.fullmatch(part) else "?" for part in path.split("/"))


# asyncpg quotes the beginning of an argument that it cannot send.
_ARGUMENT = re.compile(r"(invalid input for query argument \$\d+: ).*")


class WithoutRows(JsonFormatter):
    """Drops what PostgreSQL adds of its own accord to an error, the values of a key or a whole row, and what its driver
    adds, the beginning of an argument."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        """The traceback without them."""
        return _ARGUMENT.sub(r"\1?", _DETAIL.sub("", str(super().formatException(ei))))


def set_up_logs(level: str) -> None:
    """JSON lines on standard error, each with its trace."""
    output = logging.StreamHandler()
    output.setFormatter(
        WithoutRows("%(asctime)s %(levelname)s %(name)s %(message)s", rename_fields={"asctime": "time"})
    )
    output.addFilter(_add_trace)
    logging.basicConfig(level=level, handlers=[output], force=True)
    logging.getLogger("aiokafka").setLevel("CRITICAL")  # a dozen errors a second while the broker is away; we log it
    logging.getLogger("httpx").setLevel("WARNING")  # it logs URLs at INFO


def _add_trace(record: logging.LogRecord) -> bool:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        record.trace_id = trace.format_trace_id(context.trace_id)
        record.span_id = trace.format_span_id(context.span_id)
    return True


def current_traceparent() -> str | None:
    """The W3C `traceparent` of the running span, to travel with an event."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier.get(_TRACEPARENT)


@contextmanager
def event_span(name: str, traceparent: str | None, attributes: Mapping[str, Any]) -> Iterator[str | None]:
    """A consumer span that goes on the trace in which the event was emitted; yields its own traceparent."""
    context = propagate.extract({_TRACEPARENT: traceparent}) if traceparent else None
    with _tracer.start_as_current_span(name, context, SpanKind.CONSUMER, attributes=attributes):
        yield current_traceparent()
