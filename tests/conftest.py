"""What holds for every test: fixtures are sources to index, never tests to collect; real servers start when asked for."""

from tests.servers.neo4j_server import guarded_neo4j, neo4j_server

__all__ = ["guarded_neo4j", "neo4j_server"]

collect_ignore = ["fixtures"]
