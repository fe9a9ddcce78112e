"""What is asked: requests, the model's answers, the quota, the pool of Claude CLIs.

A panel with a limit asks what that alert asks, so that its line and the alert agree.
"""

from panels import Limit, Query, latencies, lines

REQUESTS = [
    lines(
        301,
        "Requests",
        "reqps",
        Query(
            "sum by (endpoint, status)"
            " (rate(claude_proxy_requests_total{ours}[$__rate_interval]))",
            "{{endpoint}} {{status}}",
        ),
    ),
    lines(
        302,
        "Requests that fail",
        "percentunit",
        Query(
            "sum by (instance, job) (rate(claude_proxy_requests_total"
            '{ours, status=~"5..", endpoint!~"/health.*"}[5m]))'
            " / sum by (instance, job) (rate(claude_proxy_requests_total"
            '{ours, endpoint!~"/health.*|/metrics"}[5m]))',
            "{{instance}}",
        ),
        about="Those of /health left out.",
        limit=Limit("ClaudeProxyErrorRatio", 0.05),
    ),
    lines(
        303,
        "Errors by code",
        "reqps",
        Query(
            "sum by (type) (rate(claude_proxy_errors_total{ours}[$__rate_interval]))",
            "{{type}}",
        ),
    ),
    latencies(
        304,
        "Latency of the model's answers",
        Query(
            "sum by (le) (increase(claude_proxy_request_duration_seconds_bucket"
            '{ours, endpoint=~"/v1/(messages|chat/completions|responses)"}'
            "[$__rate_interval]))",
            "{{le}}",
        ),
        about="A streamed answer is timed until its last byte.",
    ),
    lines(
        305,
        "Latency of /health: 99 of 100 take less",
        "s",
        Query(
            "histogram_quantile(0.99, sum by (instance, job, le)"
            " (rate(claude_proxy_request_duration_seconds_bucket"
            '{ours, endpoint="/health"}[5m])))',
            "{{instance}}",
        ),
        limit=Limit("ClaudeProxyProbesSlow", 0.5),
    ),
    lines(
        306,
        "Requests to the model, by caller and outcome",
        "reqps",
        Query(
            "sum by (caller, outcome)"
            " (rate(claude_proxy_requests_by_caller_total{ours}[$__rate_interval]))",
            "{{caller}} {{outcome}}",
        ),
    ),
    lines(
        307,
        "Parameters of OpenAI's API without effect",
        "reqps",
        Query(
            "sum by (parameter)"
            " (rate(claude_proxy_ignored_parameters_total{ours}[$__rate_interval]))",
            "{{parameter}}",
        ),
        about="Where UNSUPPORTED_PARAMETERS=ignore lets them pass.",
    ),
]

MODEL = [
    lines(
        401,
        "Time to first token",
        "s",
        *(
            Query(
                f"histogram_quantile({part}, sum by (model, le)"
                " (rate(claude_proxy_time_to_first_token_seconds_bucket"
                "{ours}[$__rate_interval])))",
                f"{{{{model}}}} {called}",
            )
            for part, called in ((0.5, "median"), (0.95, "95 of 100"))
        ),
    ),
    lines(
        402,
        "Tokens a second",
        "none",
        Query(
            "sum by (model, type)"
            " (rate(claude_proxy_tokens_total{ours}[$__rate_interval]))",
            "{{model}} {{type}}",
        ),
    ),
    lines(
        403,
        "Cost an hour, at list prices",
        "currencyUSD",
        Query(
            "3600 * sum by (model)"
            " (rate(claude_proxy_cost_dollars_total{ours}[$__rate_interval]))",
            "{{model}}",
        ),
        stacked=True,
    ),
    lines(
        404,
        "Requests that fail upstream",
        "percentunit",
        Query(
            "sum by (instance, job)"
            " (rate(claude_proxy_upstream_errors_total{ours}[10m]))"
            " / sum by (instance, job)"
            " (rate(claude_proxy_requests_by_caller_total{ours}[10m]))",
            "{{instance}}",
        ),
        limit=Limit("ClaudeProxyUpstreamErrors", 0.1),
    ),
    lines(
        405,
        "Errors of the upstream",
        "reqps",
        Query(
            "sum by (type)"
            " (rate(claude_proxy_upstream_errors_total{ours}[$__rate_interval]))",
            "{{type}}",
        ),
    ),
]

QUOTA = [
    lines(
        501,
        "Quota used",
        "percentunit",
        Query(
            "claude_proxy_quota_utilization_ratio{ours} and on (instance, job, window)"
            " claude_proxy_quota_reset_timestamp_seconds{ours} > time()",
            "{{window}} {{instance}}",
        ),
        about="As the CLI told it last: when a request was refused for it.",
        limit=Limit("ClaudeProxyQuotaNearlyUsed", 0.9),
    ),
    lines(
        502,
        "Quota is there again in",
        "s",
        Query(
            "claude_proxy_quota_reset_timestamp_seconds{ours} - time() > 0",
            "{{window}} {{instance}}",
        ),
    ),
]

POOL = [
    lines(
        601,
        "Claude CLIs",
        "none",
        Query(
            "sum by (state) (claude_proxy_pool_processes{ours})",
            "{{state}}",
        ),
        stacked=True,
    ),
    lines(
        602,
        "Requests that wait for a Claude CLI",
        "none",
        Query("claude_proxy_pool_requests_waiting{ours}", "{{instance}}"),
        limit=Limit("ClaudeProxyRequestsWait", 1),
    ),
    lines(
        603,
        "Time until a Claude CLI is there: 95 of 100 wait less",
        "s",
        Query(
            "histogram_quantile(0.95, sum by (instance, le)"
            " (rate(claude_proxy_time_in_queue_seconds_bucket"
            "{ours}[$__rate_interval])))",
            "{{instance}}",
        ),
    ),
    lines(
        604,
        "Requests that found a warm Claude CLI",
        "percentunit",
        Query(
            "sum by (instance) (rate(claude_proxy_pool_hits_total{ours}[5m])) / ("
            "sum by (instance) (rate(claude_proxy_pool_hits_total{ours}[5m])) + "
            "sum by (instance) (rate(claude_proxy_pool_misses_total{ours}[5m])))",
            "{{instance}}",
        ),
    ),
    lines(
        605,
        "Claude CLIs that were started, and let go",
        "ops",
        Query(
            "sum(rate(claude_proxy_pool_starts_total{ours}[$__rate_interval]))",
            "started",
        ),
        Query(
            "sum by (reason)"
            " (rate(claude_proxy_pool_ends_total{ours}[$__rate_interval]))",
            "let go: {{reason}}",
        ),
    ),
    lines(
        606,
        "Starts that failed in ten minutes",
        "none",
        Query(
            "increase(claude_proxy_pool_start_failures_total{ours}[10m])",
            "{{instance}}",
        ),
        limit=Limit("ClaudeProxyStartsFail", 3),
    ),
]
