"""Whether it serves: what is true now, the health over time, the processes.

A panel with a limit asks what that alert asks, so that its line and the alert agree.
"""

from panels import Limit, Query, lines, states, value

_HEALTHY = {0: ("unhealthy", "red"), 1: ("healthy", "green")}
_UP = {0: ("down", "red"), 1: ("up", "green")}
_FIRING = {1: ("pending", "orange"), 2: ("firing", "red")}

NOW = [
    value(
        101,
        "Replicas that can serve",
        Query("sum(min by (instance, job) (claude_proxy_component_healthy{ours}))"),
        Query("count(up{ours})", "of"),
    ),
    value(
        102,
        "Claude CLI",
        Query("min(claude_proxy_claude_cli_status{ours})"),
        words=_HEALTHY,
    ),
    value(
        103,
        "Login",
        Query("min(claude_proxy_authentication_status{ours})"),
        words=_HEALTHY,
    ),
    value(
        104,
        "Requests in progress",
        Query("sum(claude_proxy_requests_in_progress{ours})"),
    ),
    value(
        105,
        "Running for",
        Query("time() - process_start_time_seconds{ours}", "{{instance}}"),
        unit="s",
    ),
    value(
        106,
        "Versions: the proxy's, the CLI's",
        Query("claude_proxy_build_info{ours}", "{{version}}, {{claude_cli_version}}"),
        names=True,
    ),
]

HEALTH = [
    states(
        201,
        "Health by component",
        Query("claude_proxy_component_healthy{ours}", "{{component}} {{instance}}"),
        _HEALTHY,
        limit=Limit("ClaudeProxyUnhealthy", 1, below=True),
    ),
    states(
        202,
        "Alerts",
        Query(
            'max by (alertname, instance) (1 + ALERTS{ours, alertstate="firing"}'
            ' or ALERTS{ours, alertstate="pending"})',
            "{{alertname}} {{instance}}",
        ),
        _FIRING,
        about="Empty while no alert is pending or firing.",
    ),
    lines(
        203,
        "Evidence age",
        "s",
        Query(
            "time() - claude_proxy_health_check_last_success_timestamp_seconds{ours}",
            "{{component}} {{instance}}",
        ),
        about="Since a check last found the component healthy.",
        limit=Limit("ClaudeProxyChecksStale", 300),
    ),
    lines(
        204,
        "Login ends in",
        "s",
        Query(
            "claude_proxy_login_expiry_timestamp_seconds{ours} - time()", "{{instance}}"
        ),
        about="Empty with a key, and for a login that renews itself.",
        limit=Limit("ClaudeProxyLoginExpiresSoon", 24 * 3600, below=True),
    ),
    lines(
        205,
        "Changes of health, since each start",
        "none",
        Query(
            "sum by (component, to) (claude_proxy_health_transitions_total{ours})",
            "{{component}} {{to}}",
        ),
    ),
]

PROCESSES = [
    lines(
        701,
        "Memory",
        "bytes",
        Query("process_resident_memory_bytes{ours}", "{{instance}}"),
        about="Of gunicorn's processes; each Claude CLI has 170 to 330 MB more.",
    ),
    lines(702, "Workers", "none", Query("claude_proxy_workers{ours}", "{{instance}}")),
    lines(
        703,
        "Time a check takes",
        "s",
        Query(
            "claude_proxy_health_check_duration_seconds{ours}",
            "{{component}} {{instance}}",
        ),
    ),
    states(
        704,
        "Scrapes",
        Query("up{ours}", "{{instance}}"),
        _UP,
        limit=Limit("ClaudeProxyDown", 1, below=True),
    ),
]
