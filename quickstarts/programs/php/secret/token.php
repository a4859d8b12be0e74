<?php

declare(strict_types=1);

use Firebase\JWT\JWT;
use Firebase\JWT\Key;

const ISSUER = 'https://issuer.example/';
const AUDIENCE = 'https://api.example/';
const ALGORITHM = 'HS256';

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
    $claims = JWT::decode($token, new Key(signingSecret($kid), ALGORITHM));
    $audiences = (array) ($claims->aud ?? []);
    if (($claims->iss ?? null) !== ISSUER || !in_array(AUDIENCE, $audiences, true) || !isset($claims->exp)) {
        throw new UnexpectedValueException('The token is not for this API.');
    }
    return $claims;
}

/**
 * The secrets that sign the tokens also verify them. They come from the environment,
 * never from the source: KEY_ID:SECRET, and while another takes over both with a comma.
 */
function signingSecret(string $kid): string
{
    foreach (explode(',', (string) getenv('SIGNING_SECRETS')) as $pair) {
        [$known, $secret] = explode(':', $pair, 2) + ['', ''];
        if ($known === $kid && $secret !== '') {
            return $secret;
        }
    }
    throw new UnexpectedValueException('The token names no secret of this API.');
}
