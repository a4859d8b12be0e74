using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

static class Tokens
{
    const string Issuer = "https://issuer.example/";
    const string Audience = "https://api.example/";

    public static void Check(JwtBearerOptions options)
    {
        options.ConfigurationManager = PublicKeys();
        options.TokenValidationParameters = new TokenValidationParameters
        {
            ValidIssuer = Issuer,
            ValidAudience = Audience,
            IgnoreTrailingSlashWhenValidatingAudience = false,
            ValidAlgorithms = ["RS256"],
            TryAllIssuerSigningKeys = false,
            // The default lets tokens in for five minutes after they have expired.
            ClockSkew = TimeSpan.FromSeconds(30),
        };
        // Claims keep the names that they have in the token.
        options.MapInboundClaims = false;
        options.Events = Bearer.Events;
    }

    /// <summary>Fetches the issuer's public keys when the first token comes, and keeps them.</summary>
    static ConfigurationManager<OpenIdConnectConfiguration> PublicKeys()
    {
        var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        return new ConfigurationManager<OpenIdConnectConfiguration>(
            Issuer + ".well-known/openid-configuration",
            new OpenIdConnectConfigurationRetriever(),
            // Only an issuer that you try out on your own machine has an address without TLS.
            new HttpDocumentRetriever(http) { RequireHttps = Issuer.StartsWith("https:") })
        {
            // Keys are fetched anew after this time, so that a revoked one is dropped,
            // and it does not live on as the last one that was good.
            AutomaticRefreshInterval = TimeSpan.FromMinutes(5),
            UseLastKnownGoodConfiguration = false,
            // A token with an unknown key makes us fetch at most this often, so that nobody can make us flood the issuer.
            RefreshInterval = TimeSpan.FromSeconds(30),
        };
    }
}
