<?php

declare(strict_types=1);

use Firebase\JWT\JWK;
use Firebase\JWT\JWT;

const ISSUER = 'https://issuer.example/';
const AUDIENCE = 'https://api.example/';
const ALGORITHM = 'RS256';

/** Where requests find the keys that an earlier one has fetched: PHP forgets everything else between two of them. */
const KEYS_FILE = __DIR__ . '/keys.json';
/** Keys are fetched anew after this many seconds, so that a revoked one is dropped. */
const KEYS_MAX_AGE = 300;
/** A token with an unknown key makes us fetch at most this often, so that nobody can make us flood the issuer. */
const KEYS_COOLDOWN = 30;

// The clocks of two machines never agree to the second.
JWT::$leeway = 30;

/** The claims of a valid token; throws for any other. */
function checkToken(string $token): stdClass
{
    $header = JWT::jsonDecode(JWT::urlsafeB64Decode(explode('.', $token)[0]));
    $kid = $header->kid ?? null;
    // Extensions that a token calls critical and we do not know make it invalid (RFC 7515).
    if (!is_string($kid) || ($header->alg ?? null) !== ALGORITHM || property_exists($header, 'crit')) {
        throw new UnexpectedValueException('The header is not one of ours.');
    }
    $claims = JWT::decode($token, JWK::parseKey(publicKey($kid), ALGORITHM));
    $audiences = (array) ($claims->aud ?? []);
    if (($claims->iss ?? null) !== ISSUER || !in_array(AUDIENCE, $audiences, true) || !isset($claims->exp)) {
        throw new UnexpectedValueException('The token is not for this API.');
    }
    return $claims;
}

/** The issuer's public key with this ID, as a JWK. */
function publicKey(string $kid): array
{
    $file = fopen(KEYS_FILE, 'c+');
    // Of several requests at once one fetches, and the others wait for what it gets.
    flock($file, LOCK_EX);
    $known = json_decode(stream_get_contents($file), true) ?? ['fetched' => 0, 'keys' => []];
    $patience = isset($known['keys'][$kid]) ? KEYS_MAX_AGE : KEYS_COOLDOWN;
    if (time() - $known['fetched'] > $patience) {
        $known = ['fetched' => time(), 'keys' => fetchKeys()];
        ftruncate($file, 0);
        rewind($file);
        fwrite($file, json_encode($known));
    }
    fclose($file);
    return $known['keys'][$kid] ?? throw new UnexpectedValueException('The issuer has no such key.');
}

/** The issuer's public keys by their IDs. If it does not answer, nobody is let in. */
function fetchKeys(): array
{
    $context = stream_context_create(['http' => ['timeout' => 5]]);
    $answer = @file_get_contents(ISSUER . '.well-known/jwks.json', false, $context);
    $keys = json_decode($answer ?: '', true)['keys'] ?? null;
    if (!is_array($keys)) {
        error_log('The issuer does not answer with its keys.');
        refuse(503, 'Bearer');
    }
    return array_column($keys, null, 'kid');
}
