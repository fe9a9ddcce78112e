"""``claude-proxy monitor``: one or several proxies, for as long as somebody watches."""
