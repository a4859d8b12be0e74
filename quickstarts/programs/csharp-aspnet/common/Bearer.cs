using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.JsonWebTokens;

/// <summary>What RFC 6750 and RFC 7515 ask for and the library leaves to the API.</summary>
static class Bearer
{
    record RequiredScope(string Name);

    /// <summary>Answers 401 to requests without a valid token, and 403 if the token lacks the scope.</summary>
    public static RouteHandlerBuilder RequireScope(this RouteHandlerBuilder route, string scope) =>
        route
            .WithMetadata(new RequiredScope(scope))
            .RequireAuthorization(policy => policy.RequireAssertion(context => HasScope(context.User, scope)));

    static bool HasScope(ClaimsPrincipal user, string scope)
    {
        var granted = user.FindFirst("scope")?.Value ?? "";
        return granted.Split(' ').Contains(scope);
    }

    public static readonly JwtBearerEvents Events = new()
    {
        OnTokenValidated = context =>
        {
            // Extensions that a token calls critical and we do not know make it invalid.
            if (context.SecurityToken is not JsonWebToken token || token.TryGetHeaderValue<object>("crit", out _))
            {
                context.Fail("The token needs extensions that this API does not have.");
            }
            return Task.CompletedTask;
        },
        OnChallenge = context =>
        {
            // The description would repeat parts of the token. It is in the log.
            context.ErrorDescription = null;
            return Task.CompletedTask;
        },
        OnForbidden = context =>
        {
            var challenge = "Bearer error=\"insufficient_scope\"";
            if (context.HttpContext.GetEndpoint()?.Metadata.GetMetadata<RequiredScope>() is { } scope)
            {
                challenge += $", scope=\"{scope.Name}\"";
            }
            context.Response.Headers.WWWAuthenticate = challenge;
            return Task.CompletedTask;
        },
    };
}
