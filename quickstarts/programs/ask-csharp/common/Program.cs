using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization;

var secret = Environment.GetEnvironmentVariable("CLIENT_SECRET");
if (string.IsNullOrEmpty(secret))
{
    Console.Error.WriteLine("Set CLIENT_SECRET to the secret of the client.");
    return 1;
}

// Secrets and tokens don't go where a redirect leads.
using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
http.Timeout = TimeSpan.FromSeconds(10);
var tokens = new Tokens(http, secret);

try
{
    // Three calls, one token.
    for (var call = 1; call <= 3; call++)
    {
        Console.WriteLine(await CallApiAsync(http, tokens));
    }
    return 0;
}
catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}

// [section:call]
static async Task<string> CallApiAsync(HttpClient http, Tokens tokens)
{
    var url = Environment.GetEnvironmentVariable("API_URL") ?? "http://localhost:3010/api/private";
    using var request = new HttpRequestMessage(HttpMethod.Get, url);
    request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await tokens.GetAsync());
    using var response = await http.SendAsync(request);
    if (!response.IsSuccessStatusCode)
    {
        throw new HttpRequestException($"The API answered {(int)response.StatusCode}: {response.Headers.WwwAuthenticate}");
    }
    return await response.Content.ReadAsStringAsync();
}
// [/section:call]

// [section:ask]
/// <summary>The tokens of one client for one API.</summary>
sealed class Tokens(HttpClient http, string secret)
{
    private readonly SemaphoreSlim _lock = new(1);
    private string _token = "";
    private DateTimeOffset _renewAt = DateTimeOffset.MinValue;

    /// <summary>Gives the token that is kept, or a new one once less than a minute of it is left.</summary>
    public async Task<string> GetAsync()
    {
        // Tasks that need a token at the same time wait for one request.
        await _lock.WaitAsync();
        try
        {
            if (DateTimeOffset.UtcNow >= _renewAt)
            {
                var askedAt = DateTimeOffset.UtcNow;
                var answer = await AskAsync();
                _token = answer.AccessToken!;
                _renewAt = askedAt.AddSeconds(answer.ExpiresIn - 60);
            }
            return _token;
        }
        finally
        {
            _lock.Release();
        }
    }

    private async Task<Answer> AskAsync()
    {
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials",
            ["client_id"] = "YOUR_CLIENT_ID",
            ["client_secret"] = secret,
            ["audience"] = "https://api.example/",
        });
        using var response = await http.PostAsync("https://issuer.example/oauth/token", form);
        var answer = Read(await response.Content.ReadAsStringAsync());
        if (!response.IsSuccessStatusCode || answer?.AccessToken is null)
        {
            var reason = string.Join(" - ", new[] { answer?.Error, answer?.Description, answer?.Uri }.Where(text => text is not null));
            throw new HttpRequestException($"The token endpoint answered {(int)response.StatusCode}: {reason}");
        }
        return answer;
    }

    private static Answer? Read(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<Answer>(json);
        }
        catch (JsonException)
        {
            return null; // The status says enough.
        }
    }

    /// <summary>An answer of the token endpoint: a token, or why there is none.</summary>
    private sealed record Answer(
        [property: JsonPropertyName("access_token")] string? AccessToken,
        [property: JsonPropertyName("expires_in")] int ExpiresIn,
        [property: JsonPropertyName("error")] string? Error,
        [property: JsonPropertyName("error_description")] string? Description,
        [property: JsonPropertyName("error_uri")] string? Uri);
}
// [/section:ask]
