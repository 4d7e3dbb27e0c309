"""Every fault by the name users arm it with."""

from collections.abc import Mapping
from types import MappingProxyType

from claudemock.faults import http, stream, wire
from claudemock.faults.base import Fault
from claudemock.faults.html_502 import Html502
from claudemock.faults.spend_cap import SpendCap

FAULTS: Mapping[str, type[Fault]] = MappingProxyType(
    {
        "overloaded": http.Overloaded,
        "rate_limited": http.RateLimited,
        "request_too_large": http.RequestTooLarge,
        "api_error": http.ServerError,
        "gateway_timeout": http.GatewayTimeout,
        "authentication": http.Authentication,
        "permission": http.Permission,
        "billing": http.Billing,
        "not_found": http.NotFound,
        "spend_cap": SpendCap,
        "html_502": Html502,
        "error_event": stream.ErrorEvent,
        "truncate": stream.Truncate,
        "unknown_event": stream.UnknownEvent,
        "unknown_block": stream.UnknownBlock,
        "malformed_event": stream.MalformedEvent,
        "duplicate_event": stream.DuplicateEvent,
        "out_of_order_event": stream.OutOfOrderEvent,
        "ping_storm": stream.PingStorm,
        "cut": wire.Cut,
        "reset": wire.Reset,
        "stall": wire.Stall,
        "delay": wire.Delay,
        "slice": wire.Slice,
        "close_before_response": wire.CloseBeforeResponse,
    }
)
