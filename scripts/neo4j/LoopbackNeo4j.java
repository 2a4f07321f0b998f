import static org.neo4j.configuration.GraphDatabaseSettings.SYSTEM_DATABASE_NAME;
import static org.neo4j.configuration.GraphDatabaseSettings.auth_enabled;
import static org.neo4j.configuration.GraphDatabaseSettings.pagecache_memory;
import static org.neo4j.io.ByteUnit.mebiBytes;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.neo4j.configuration.connectors.BoltConnector;
import org.neo4j.configuration.helpers.SocketAddress;
import org.neo4j.dbms.api.DatabaseManagementService;
import org.neo4j.dbms.api.DatabaseManagementServiceBuilder;

/**
 * A small Neo4j for tests, which only this machine can reach: LoopbackNeo4j DIRECTORY BOLT_PORT.
 *
 * <p>The password of the user neo4j is what NEO4J_PASSWORD says. Says "ready" on standard output when it takes
 * connections, and stops cleanly on SIGTERM.
 */
final class LoopbackNeo4j {
  private LoopbackNeo4j() {}

  public static void main(String[] arguments) throws InterruptedException {
    var server = start(Path.of(arguments[0]), Integer.parseInt(arguments[1]));
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdown));
    server
        .database(SYSTEM_DATABASE_NAME)
        .executeTransactionally(
            "ALTER USER neo4j SET PASSWORD $password CHANGE NOT REQUIRED",
            Map.of("password", System.getenv("NEO4J_PASSWORD")));
    System.out.println("ready");
    new CountDownLatch(1).await();
  }

  private static DatabaseManagementService start(Path directory, int port) {
    return new DatabaseManagementServiceBuilder(directory)
        .setConfig(auth_enabled, true)
        .setConfig(pagecache_memory, mebiBytes(64))
        .setConfig(BoltConnector.enabled, true)
        .setConfig(BoltConnector.listen_address, new SocketAddress("127.0.0.1", port))
        .build();
  }
}
