"""Who may see what: principals, API keys, OIDC tokens, Cedar policies, and the limits of what one may ask for."""
