require 'json'
require 'jwt'
require 'open-uri'
require 'sinatra'

ISSUER = 'https://issuer.example/'
AUDIENCE = 'https://api.example/'

# The issuer's public keys. They are kept for five minutes, so that a revoked one is forgotten, and fetched
# sooner for a token that names an unknown key, but not twice in half a minute: anyone can make up names.
class IssuerKeys
  def initialize
    @lock = Mutex.new
    @fetched = -Float::INFINITY
  end

  # jwt calls it for each token, and once more for one whose key is not among these.
  def call(options)
    @lock.synchronize do
      age = now - @fetched
      fetch if age > 300 || (age > 30 && options[:kid_not_found])
      @keys
    end
  end

  private

  def fetch
    # URI wants some characters percent-encoded that a path may hold all the same.
    address = URI::DEFAULT_PARSER.escape("#{ISSUER}.well-known/jwks.json")
    answer = URI.parse(address).open(open_timeout: 5, read_timeout: 5, &:read)
    @keys = { keys: JSON.parse(answer)['keys'].select { |key| key['alg'] == 'RS256' } }
    @fetched = now
  end

  def now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end
end

RULES = {
  algorithm: 'RS256',
  jwks: IssuerKeys.new,
  iss: ISSUER, verify_iss: true,
  aud: AUDIENCE, verify_aud: true,
  required_claims: ['exp']
}.freeze

def check(token)
  claims, header = JWT.decode(token, nil, true, RULES)
  # jwt leaves extensions to us, and we know none (RFC 7515, section 4.1.11).
  raise JWT::DecodeError, 'critical extension' if header.key?('crit')

  claims
rescue NoMethodError, TypeError
  # What jwt ends in if the header is no object or its alg no string.
  raise JWT::DecodeError, 'malformed token'
end

set port: ENV.fetch('PORT', 3010), show_exceptions: false

before { content_type :json }

get '/api/public' do
  { message: 'Anyone may read this.' }.to_json
end

get '/api/private' do
  token = require_token
  { message: 'Your token is valid.', sub: token['sub'] }.to_json
end

get '/api/private-scoped' do
  token = require_token(scope: 'read:example')
  { message: 'Your token is valid and has the scope.', sub: token['sub'] }.to_json
end

helpers do
  # The claims of the request's token. Where it is not good enough, the request ends here.
  def require_token(scope: nil)
    scheme, token = request.env['HTTP_AUTHORIZATION'].to_s.split(' ', 2)
    refuse 401, 'Bearer' unless 'bearer'.casecmp?(scheme.to_s)
    claims = check(token)
    missing = scope && !claims['scope'].to_s.split.include?(scope)
    refuse 403, %(Bearer error="insufficient_scope", scope="#{scope}") if missing
    claims
  rescue JWT::DecodeError
    refuse 401, 'Bearer error="invalid_token"'
  end

  def refuse(status, challenge)
    halt status, { 'WWW-Authenticate' => challenge }, { error: challenge }.to_json
  end
end
