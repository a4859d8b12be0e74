import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.Gson;
import com.google.gson.JsonSyntaxException;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

public final class Client {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final String API_URL =
      Objects.requireNonNullElse(System.getenv("API_URL"), "http://localhost:3010/api/private");

  private final HttpClient http = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
  private final String secret;
  private String token;
  private Instant renewAt = Instant.MIN;

  private Client(String secret) {
    this.secret = secret;
  }

  // [section:ask]
  /**
   * Gives the token that is kept, or a new one once less than a minute of it is left. Threads that
   * need a token at the same time wait for one request.
   */
  synchronized String token() throws IOException, InterruptedException {
    if (!Instant.now().isBefore(renewAt)) {
      Instant askedAt = Instant.now();
      Answer answer = askForToken();
      token = answer.access_token;
      renewAt = askedAt.plusSeconds(answer.expires_in).minusSeconds(60);
    }
    return token;
  }

  private Answer askForToken() throws IOException, InterruptedException {
    String form =
        Map.of(
                "grant_type", "client_credentials",
                "client_id", "YOUR_CLIENT_ID",
                "client_secret", secret,
                "audience", "https://api.example/")
            .entrySet()
            .stream()
            .map(field -> field.getKey() + "=" + URLEncoder.encode(field.getValue(), UTF_8))
            .collect(Collectors.joining("&"));
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("https://issuer.example/oauth/token"))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .timeout(TIMEOUT)
            .POST(BodyPublishers.ofString(form))
            .build();
    HttpResponse<String> response = http.send(request, BodyHandlers.ofString());
    Answer answer = null;
    try {
      answer = new Gson().fromJson(response.body(), Answer.class);
    } catch (JsonSyntaxException noJson) {
      // The status says enough.
    }
    if (response.statusCode() != 200 || answer == null || answer.access_token == null) {
      String reason = answer == null ? "no token" : answer.reason();
      throw new IOException("The token endpoint answered " + response.statusCode() + ": " + reason);
    }
    return answer;
  }

  /** An answer of the token endpoint: a token, or why there is none. */
  private static final class Answer {
    String access_token;
    long expires_in;
    String error;
    String error_description;
    String error_uri;

    String reason() {
      return Stream.of(error, error_description, error_uri)
          .filter(Objects::nonNull)
          .collect(Collectors.joining(" - "));
    }
  }
  // [/section:ask]

  // [section:call]
  String call() throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(API_URL))
            .header("Authorization", "Bearer " + token())
            .timeout(TIMEOUT)
            .build();
    HttpResponse<String> response = http.send(request, BodyHandlers.ofString());
    if (response.statusCode() / 100 != 2) {
      String challenge =
          response.headers().firstValue("WWW-Authenticate").orElse("no WWW-Authenticate header");
      throw new IOException("The API answered " + response.statusCode() + ": " + challenge);
    }
    return response.body();
  }

  public static void main(String[] args) throws InterruptedException {
    String secret = System.getenv("CLIENT_SECRET");
    if (secret == null || secret.isEmpty()) {
      System.err.println("Set CLIENT_SECRET to the secret of the client.");
      System.exit(1);
    }
    try {
      Client client = new Client(secret);
      // Three calls, one token.
      for (int call = 1; call <= 3; call++) {
        System.out.println(client.call());
      }
    } catch (IOException error) {
      System.err.println(Objects.requireNonNullElse(error.getMessage(), error.toString()));
      System.exit(1);
    }
  }
  // [/section:call]
}
