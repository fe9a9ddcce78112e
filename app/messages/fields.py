"""Every top-level field of a request: carried as it was sent, ours, or refused."""

CARRIED = frozenset(
    {
        *("model", "messages", "max_tokens", "temperature", "top_p", "top_k"),
        *("stop_sequences", "tools", "tool_choice", "thinking", "output_config"),
        *("service_tier", "container", "context_management", "mcp_servers"),
        *("cache_control", "inference_geo", "speed", "diagnostics", "compaction"),
        *("fallbacks", "fallback_credit_token", "billing_policy", "thread"),
        "output_format",  # as the beta of structured outputs had it
    }
)
OURS = frozenset({"stream", "system", "metadata"})
_HEADER = "send this as the header anthropic-beta"
_LOST = "the CLI does not carry this field"
# Refused whatever the operator lets pass. Betas would replace the CLI's own header, its
# login's beta included, or be sent on. The CLI ignores a body that has the first of the
# others, so that the setting before would be sent, and takes out the rest (measured).
REFUSED = {
    **dict.fromkeys(("betas", "anthropic_beta"), _HEADER),
    **dict.fromkeys(("program_use_case_id", "user_profile_id", "workspace_id"), _LOST),
}
