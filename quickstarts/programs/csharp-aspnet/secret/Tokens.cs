using System.Text;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.Tokens;

static class Tokens
{
    const string Issuer = "https://issuer.example/";
    const string Audience = "https://api.example/";

    public static void Check(JwtBearerOptions options)
    {
        options.TokenValidationParameters = new TokenValidationParameters
        {
            ValidIssuer = Issuer,
            ValidAudience = Audience,
            IgnoreTrailingSlashWhenValidatingAudience = false,
            ValidAlgorithms = ["HS256"],
            IssuerSigningKeys = SigningSecrets(),
            TryAllIssuerSigningKeys = false,
            // The default lets tokens in for five minutes after they have expired.
            ClockSkew = TimeSpan.FromSeconds(30),
        };
        // Claims keep the names that they have in the token.
        options.MapInboundClaims = false;
        options.Events = Bearer.Events;
    }

    /// <summary>
    /// The secrets that sign the tokens also verify them. They come from the environment,
    /// never from the source: KEY_ID:SECRET, and while another takes over both with a comma.
    /// </summary>
    static List<SecurityKey> SigningSecrets()
    {
        var pairs = Environment.GetEnvironmentVariable("SIGNING_SECRETS")
            ?? throw new InvalidOperationException("SIGNING_SECRETS is not set.");
        var keys = new List<SecurityKey>();
        foreach (var pair in pairs.Split(','))
        {
            if (pair.Split(':', 2) is not [var kid, var secret])
            {
                throw new InvalidOperationException("Give each secret in SIGNING_SECRETS as KEY_ID:SECRET.");
            }
            keys.Add(new SymmetricSecurityKey(Encoding.UTF8.GetBytes(secret)) { KeyId = kid });
        }
        return keys;
    }
}
