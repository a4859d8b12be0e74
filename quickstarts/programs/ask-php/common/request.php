<?php

declare(strict_types=1);

// [section:ask]
define('CLIENT_SECRET', getenv('CLIENT_SECRET'));
if (!CLIENT_SECRET) {
    fwrite(STDERR, "Set CLIENT_SECRET to the secret of the client.\n");
    exit(1);
}

// What PHP keeps in memory is gone after each request of a web server. So the token is kept in a file
// that only your user can read, one for each client and API.
function token_file(): string
{
    $folder = (getenv('XDG_CACHE_HOME') ?: getenv('HOME') . '/.cache') . '/api-tokens';
    umask(0077);
    if (!is_dir($folder)) {
        mkdir($folder, 0700, true);
    }
    return $folder . '/' . hash('sha256', 'YOUR_CLIENT_ID of https://issuer.example/ for https://api.example/');
}

// Gives the token that is kept, or a new one once less than a minute of it is left.
function get_token(): string
{
    $file = fopen(token_file(), 'c+');
    // Processes that need a token at the same time wait for one request.
    flock($file, LOCK_EX);
    $kept = json_decode(stream_get_contents($file), true);
    if (time() < ($kept['renew_at'] ?? 0)) {
        return $kept['token'];
    }
    $asked_at = time();
    $answer = ask_for_token();
    $renew_at = $asked_at + ($answer['expires_in'] ?? 0) - 60;
    ftruncate($file, 0);
    rewind($file);
    fwrite($file, json_encode(['token' => $answer['access_token'], 'renew_at' => $renew_at]));
    return $answer['access_token'];
}

function ask_for_token(): array
{
    [$status, , $body] = send('POST', 'https://issuer.example/oauth/token', [
        'header' => 'Content-Type: application/x-www-form-urlencoded',
        'content' => http_build_query([
            'grant_type' => 'client_credentials',
            'client_id' => 'YOUR_CLIENT_ID',
            'client_secret' => CLIENT_SECRET,
            'audience' => 'https://api.example/',
        ]),
    ]);
    $answer = json_decode($body, true);
    if ($status !== 200 || !isset($answer['access_token'])) {
        $reason = array_filter([$answer['error'] ?? '', $answer['error_description'] ?? '', $answer['error_uri'] ?? '']);
        throw new RuntimeException("The token endpoint answered $status: " . (implode(' - ', $reason) ?: 'no token'));
    }
    return $answer;
}

// Gives status, headers and body of an answer.
function send(string $method, string $url, array $options): array
{
    $http = ['method' => $method, 'timeout' => 10, 'follow_location' => 0, 'ignore_errors' => true];
    $stream = @fopen($url, 'r', false, stream_context_create(['http' => $options + $http]));
    if ($stream === false) {
        throw new RuntimeException("$url does not answer.");
    }
    $headers = stream_get_meta_data($stream)['wrapper_data'];
    return [(int) explode(' ', $headers[0])[1], $headers, stream_get_contents($stream)];
}
// [/section:ask]

// [section:call]
function call_api(): string
{
    $url = getenv('API_URL') ?: 'http://localhost:3010/api/private';
    [$status, $headers, $body] = send('GET', $url, ['header' => 'Authorization: Bearer ' . get_token()]);
    if ($status === 401) {
        unlink(token_file()); // the next run asks for a new token
    }
    if ($status < 200 || $status > 299) {
        $challenge = preg_grep('/^WWW-Authenticate:/i', $headers) ?: ['no WWW-Authenticate header'];
        throw new RuntimeException("The API answered $status: " . implode(', ', $challenge));
    }
    return $body;
}

try {
    // Three calls, one token.
    for ($call = 1; $call <= 3; $call++) {
        echo call_api(), "\n";
    }
} catch (Throwable $error) {
    fwrite(STDERR, $error->getMessage() . "\n");
    exit(1);
}
// [/section:call]
