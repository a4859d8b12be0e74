<?php

declare(strict_types=1);

// Errors go to the log, never into an answer.
ini_set('display_errors', '0');

require __DIR__ . '/vendor/autoload.php';
require __DIR__ . '/token.php';

switch (parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH)) {
    case '/api/public':
        respond(200, ['message' => 'Anyone may read this.']);
    case '/api/private':
        $claims = requireToken();
        respond(200, ['message' => 'Your token is valid.', 'sub' => $claims->sub ?? null]);
    case '/api/private-scoped':
        $claims = requireToken('read:example');
        respond(200, ['message' => 'Your token is valid and has the scope.', 'sub' => $claims->sub ?? null]);
    default:
        respond(404, ['error' => 'not_found']);
}

/** The claims of the request's token. Without a valid one, or if it lacks the scope, the request ends here. */
function requireToken(?string $scope = null): stdClass
{
    [$scheme, $token] = explode(' ', $_SERVER['HTTP_AUTHORIZATION'] ?? '', 2) + ['', ''];
    if (strcasecmp($scheme, 'Bearer') !== 0) {
        refuse(401, 'Bearer');
    }
    try {
        $claims = checkToken($token);
    } catch (Exception) {
        refuse(401, 'Bearer error="invalid_token"');
    }
    $granted = is_string($claims->scope ?? null) ? explode(' ', $claims->scope) : [];
    if ($scope !== null && !in_array($scope, $granted, true)) {
        refuse(403, 'Bearer error="insufficient_scope", scope="' . $scope . '"');
    }
    return $claims;
}

/** Answers with a challenge of RFC 6750. */
function refuse(int $status, string $challenge): never
{
    header('WWW-Authenticate: ' . $challenge);
    respond($status, ['error' => $challenge]);
}

function respond(int $status, array $body): never
{
    http_response_code($status);
    header('Content-Type: application/json');
    echo json_encode($body);
    exit;
}
