"""Stand-ins for servers, faithful to their protocols."""
