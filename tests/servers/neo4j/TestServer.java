import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.neo4j.configuration.GraphDatabaseSettings;
import org.neo4j.configuration.connectors.BoltConnector;
import org.neo4j.configuration.connectors.HttpConnector;
import org.neo4j.configuration.helpers.SocketAddress;
import org.neo4j.harness.Neo4jBuilders;

/** A real Neo4j for tests: FOLDER PORT [PASSWORD]. Says where it listens, and ends when its standard input does. */
class TestServer {
    public static void main(String[] arguments) throws Exception {
        var folder = Path.of(arguments[0]);
        var address = new SocketAddress("127.0.0.1", Integer.parseInt(arguments[1]));
        var password = arguments.length > 2 ? arguments[2] : null;
        var again = Files.exists(folder.resolve("data"));
        var server = Neo4jBuilders.newInProcessBuilder(folder.resolve("work"))
                .withConfig(GraphDatabaseSettings.data_directory, folder.resolve("data"))
                .withConfig(GraphDatabaseSettings.pagecache_memory, 512L << 20)
                .withConfig(GraphDatabaseSettings.auth_enabled, password != null)
                .withConfig(GraphDatabaseSettings.auth_minimum_password_length, 1)
                .withConfig(GraphDatabaseSettings.auth_max_failed_attempts, 0)
                .withConfig(BoltConnector.enabled, true)
                .withConfig(BoltConnector.listen_address, address)
                .withConfig(HttpConnector.enabled, false)
                .build();
        if (password != null && !again) {
            server.databaseManagementService().database("system").executeTransactionally(
                    "ALTER USER neo4j SET PASSWORD $password CHANGE NOT REQUIRED", Map.of("password", password));
        }
        System.out.println(server.boltURI());
        while (System.in.read() >= 0) {}
        server.close();
    }
}
