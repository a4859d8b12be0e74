#Requires -Version 7.4

# [section:ask]
$ErrorActionPreference = 'Stop'

if (-not $env:CLIENT_SECRET) {
    [Console]::Error.WriteLine('Set CLIENT_SECRET to the secret of the client.')
    exit 1
}

$script:Token = $null
$script:RenewAt = [DateTimeOffset]::MinValue

# Gives the token that is kept, or a new one once less than a minute of it is left.
function Get-Token {
    if ([DateTimeOffset]::UtcNow -lt $script:RenewAt) {
        return $script:Token
    }
    $askedAt = [DateTimeOffset]::UtcNow
    $request = @{
        Method             = 'Post'
        Uri                = 'https://issuer.example/oauth/token'
        Body               = @{
            grant_type    = 'client_credentials'
            client_id     = 'YOUR_CLIENT_ID'
            client_secret = $env:CLIENT_SECRET
            audience      = 'https://api.example/'
        }
        TimeoutSec         = 10
        MaximumRedirection = 0 # the secret goes nowhere else
        SkipHttpErrorCheck = $true
    }
    $answer = Invoke-RestMethod @request -StatusCodeVariable status
    if ($status -ne 200 -or -not $answer.access_token) {
        $reason = @($answer.error, $answer.error_description, $answer.error_uri) -ne $null -join ' - '
        throw "The token endpoint answered ${status}: $reason"
    }
    $script:Token = $answer.access_token
    $script:RenewAt = $askedAt.AddSeconds($answer.expires_in - 60)
    return $script:Token
}
# [/section:ask]

# [section:call]
$script:ApiUrl = $env:API_URL
if (-not $script:ApiUrl) {
    $script:ApiUrl = 'http://localhost:3010/api/private'
}

function Invoke-Api {
    $request = @{
        Uri                = $script:ApiUrl
        Headers            = @{ Authorization = "Bearer $(Get-Token)" }
        TimeoutSec         = 10
        SkipHttpErrorCheck = $true
    }
    $response = Invoke-WebRequest @request
    if ($response.StatusCode -notin 200..299) {
        throw "The API answered $($response.StatusCode): $($response.Headers['WWW-Authenticate'])"
    }
    return $response.Content
}

try {
    # Three calls, one token.
    1..3 | ForEach-Object { Invoke-Api }
} catch {
    [Console]::Error.WriteLine($_.Exception.Message)
    exit 1
}
# [/section:call]
