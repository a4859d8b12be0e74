using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.JwtBearer;

var builder = WebApplication.CreateBuilder(args);
var port = Environment.GetEnvironmentVariable("PORT") ?? "3010";
builder.WebHost.UseUrls($"http://localhost:{port}");
builder.Services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer(Tokens.Check);
builder.Services.AddAuthorization();

var app = builder.Build();
app.UseAuthentication();
app.UseAuthorization();

app.MapGet("/api/public", () => new { message = "Anyone may read this." });

app.MapGet("/api/private", (ClaimsPrincipal user) =>
    new { message = "Your token is valid.", sub = user.FindFirst("sub")?.Value })
    .RequireAuthorization();

app.MapGet("/api/private-scoped", (ClaimsPrincipal user) =>
    new { message = "Your token is valid and has the scope.", sub = user.FindFirst("sub")?.Value })
    .RequireScope("read:example");

app.Run();
