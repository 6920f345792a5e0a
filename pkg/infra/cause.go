package infra

import (
	"regexp"
	"strings"
)

// Cause is the kind of a failure, as far as the words of the cloud, of Docker or
// of the engine tell it. The clouds' codes are those of their API references.
type Cause string

// The kinds of failure.
const (
	CauseUnknown     Cause = ""
	CauseQuota       Cause = "quota"
	CauseNoRoom      Cause = "no room" // in a subnet, a zone or a range
	CauseNameTaken   Cause = "name taken"
	CauseDenied      Cause = "no permission"
	CauseCredentials Cause = "credentials"
	CauseClock       Cause = "clock"
	CauseRegion      Cause = "region"
	CauseImage       Cause = "image"
	CauseInUse       Cause = "in use"
	CauseProtected   Cause = "protected"
	CauseThrottled   Cause = "throttled"
	CauseCloud       Cause = "failure of the cloud"
	CauseTimeout     Cause = "timeout"
	CauseConnection  Cause = "connection"
	CausePort        Cause = "port taken"
	CauseDocker      Cause = "docker"
	CauseUnhealthy   Cause = "unhealthy"
	CauseDisk        Cause = "disk full"
	CauseProvider    Cause = "provider ended"
)

// causes are looked at in this order: a clock that is off also spoils the
// credentials, and a full subnet is told as a client's error like a quota.
var causes = []struct {
	cause Cause
	words *regexp.Regexp
	next  string
}{
	{CauseProvider, regexp.MustCompile(`the process of the provider \S+ ended`),
		"run it again; what was in flight is looked for first. If it ends again, its plugin is broken or this machine is out of memory"},
	{CauseClock, regexp.MustCompile(`RequestTimeTooSkewed|RequestExpired|Signature (expired|not yet current)|Invalid JWT: Token must be a short-lived token|iat and exp values`),
		"set this machine's clock (timedatectl set-ntp true): the cloud refuses requests that are minutes off"},
	{CauseCredentials, regexp.MustCompile(`ExpiredToken|InvalidClientTokenId|UnrecognizedClientException|AuthFailure|SignatureDoesNotMatch|NoCredentialProviders|authError|invalid_grant|Error 401|could not find default credentials`),
		"sign in again (aws sso login, gcloud auth application-default login), or give valid credentials"},
	{CauseRegion, regexp.MustCompile(`OptInRequired|not opted in|InvalidRegion|is not a valid region|region is (disabled|not enabled)|Invalid value for field 'region'|Permission denied on 'locations/`),
		"turn the region on for this account, or choose another in the spec"},
	{CauseNoRoom, regexp.MustCompile(`InsufficientFreeAddresses|IP_SPACE_EXHAUSTED|IP space of .* is exhausted|Insufficient(DB)?InstanceCapacity|ZONE_RESOURCE_POOL_EXHAUSTED|does not have enough resources`),
		"give a larger range or another zone in the spec, or free what is not needed there"},
	{CauseThrottled, regexp.MustCompile(`RequestLimitExceeded|Throttling|TooManyRequests|rateLimitExceeded|SlowDown|Error 429`),
		"run it again in a minute: the account makes too many calls at once"},
	{CauseQuota, regexp.MustCompile(`(?i)limitExceeded\b.*(limit|reached|maximum)|[A-Za-z]+QuotaExceeded|quotaExceeded|quota '[^']*' exceeded|quota exceeded|(Vpc|Address|Instance|VCpu)LimitExceeded`),
		"ask the cloud for a higher limit, or delete what is no longer needed"},
	{CauseDenied, regexp.MustCompile(`UnauthorizedOperation|AccessDenied|not authorized to perform|Error 403.*(permission|forbidden)|Required '[^']*' permission|permission denied|PERMISSION_DENIED`),
		"give whoever runs this that permission; pilot doctor lists what is needed"},
	{CauseProtected, regexp.MustCompile(`marked for protection|cannot be deleted\s+because it is protected|Cannot delete protected|disable deletion protection|disableApiTermination`),
		"it holds data and is protected; set protect: false in the spec and run pilot setup first if it is to go"},
	{CauseImage, regexp.MustCompile(`InvalidAMIID|Could not find image|image(s)?/\S+' was not found|images/\S+ ?(was )?not found|No such image|manifest unknown|pull access denied`),
		"name an image that exists there, or leave it out for the default"},
	{CauseNameTaken, regexp.MustCompile(`(?i)already ?exists|BucketAlreadyOwnedByYou|InvalidKeyPair\.Duplicate|is already in use by container`),
		"give the stack another name, or remove what has that name; pilot repair takes it over if it is this stack's own"},
	{CausePort, regexp.MustCompile(`port is already allocated|address already in use|port \d+ .*is taken`),
		"end what uses that port, or choose another in the spec"},
	{CauseDocker, regexp.MustCompile(`Cannot connect to the Docker daemon|no Docker Engine answers|docker\.sock: (connect|no such)`),
		"start Docker (sudo systemctl start docker); pilot doctor looks at it"},
	{CauseUnhealthy, regexp.MustCompile(`its health check fails|it ended (with exit code|\d+ times)|did not get healthy in time`),
		"its own words above say why; mend that and run it again"},
	{CauseDisk, regexp.MustCompile(`no space left on device|disk quota exceeded`),
		"make room on the disk and run it again: nothing that was finished is lost"},
	{CauseInUse, regexp.MustCompile(`DependencyViolation|ResourceInUse|resourceInUseByAnotherResource|is being used by|still (has|have) `),
		"remove what uses it and run it again"},
	{CauseConnection, regexp.MustCompile(`connection (reset|refused)|broken pipe|unexpected EOF|: EOF$|no such host|i/o timeout|network is unreachable|TLS handshake timeout`),
		"look at this machine's network and run it again; what may have been made is looked for first"},
	{CauseTimeout, regexp.MustCompile(`(?i)deadline ?exceeded|timed? ?out|timeout|gave no answer within`),
		"run it again: it goes on from here, and what may have been made is looked for first"},
	{CauseCloud, regexp.MustCompile(`StatusCode: 5\d\d|Error 5\d\d|InternalError|backendError|InternalFailure|ServiceUnavailable`),
		"run it again in a minute; the cloud's status page tells whether it has a failure"},
}

// CauseOf tells what kind of failure a reason names, CauseUnknown if it is none
// of those that are known.
func CauseOf(reason string) Cause {
	for _, c := range causes {
		if c.words.MatchString(reason) {
			return c.cause
		}
	}
	return CauseUnknown
}

// Next is what a person does about it, in a sentence; empty when only the
// reason tells.
func (c Cause) Next() string {
	for _, known := range causes {
		if known.cause == c {
			return known.next
		}
	}
	return ""
}

// Cause tells the kind of the failure.
func (e *ResourceError) Cause() Cause {
	return CauseOf(strings.Join(strings.Fields(e.Err.Error()), " "))
}
